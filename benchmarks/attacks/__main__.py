"""``python -m benchmarks.attacks DOMAIN --bench DIR --out DIR`` trains a zoo of BadNets."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np

from benchmarks.attacks.architectures import untrained
from benchmarks.attacks.attackers.table import ATTACKERS
from benchmarks.attacks.domains.table import DOMAINS, Domain
from benchmarks.attacks.index import Entry, add_to_index
from benchmarks.attacks.labelled import Labelled, write_labelled
from benchmarks.attacks.material import Material
from benchmarks.attacks.plans.table import PLANS
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import predicted_labels
from benchmarks.attacks.zoo import Attack, zoo


@dataclass(frozen=True)
class Workshop:
    """Where a zoo is made.

    Attributes:
        name: Of the domain.
        domain: The domain itself.
        bench: Folder in the competition's layout.
        out: Folder of the zoo.
        material: The attacker's.
        held_out: Images to measure on.
    """

    name: str
    domain: Domain
    bench: Path
    out: Path
    material: Material
    held_out: Labelled


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains what ``--out`` does not hold yet; measures and writes all of it."""
    options = _parser().parse_args(arguments)
    domain = DOMAINS[options.domain]
    attacker, held_out = domain.split(options.bench, options.seed)
    material = Material(attacker, domain.vary, domain.layer)
    bench, out = options.bench.resolve(), options.out
    out.mkdir(parents=True, exist_ok=True)
    shop = Workshop(options.domain, domain, bench, out, material, held_out)
    write_labelled(out / _test_file(shop), held_out)
    images = np.bincount(attacker.labels)
    for attack in zoo(PLANS[options.domain], images, seed=options.seed):
        if options.only and attack.name not in options.only:
            continue
        start = time.monotonic()
        entry = _entry(shop, attack, _trained(shop, attack))
        add_to_index(out, entry)
        seconds = time.monotonic() - start
        print(
            f"{entry.name}: clean accuracy {entry.clean_accuracy}, ASR {entry.asr}, "
            f"{seconds:.0f} s",
            file=sys.stderr,
            flush=True,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.attacks", description=__doc__
    )
    add = parser.add_argument
    add("domain", choices=DOMAINS)
    add("--bench", type=Path, default=Path(), help="has data/, and models/base.h5")
    add("--out", type=Path, required=True, help="folder for the zoo")
    add("--only", nargs="+", metavar="NAME", help="these networks alone")
    add("--seed", type=int, default=0)
    return parser


def _test_file(shop: Workshop) -> str:
    return f"{shop.name}_clean_test.h5"


def _model_file(shop: Workshop, name: str) -> Path:
    return shop.out / shop.name / f"{name}.h5"


def _trained(shop: Workshop, attack: Attack) -> keras.Model:
    """The network from its file or, if it is not there, trained and saved."""
    path = _model_file(shop, attack.name)
    if path.exists():
        return keras.models.load_model(path, compile=False)
    keras.utils.set_random_seed(attack.training.seed)
    attacker = ATTACKERS[attack.attacker]
    backdoors = list(attack.backdoors.values())
    task = Task(shop.material, backdoors, attack.training)
    if attack.architecture is not None:
        size = shop.material.data.images.shape[1:]
        kind, classes = attack.architecture, shop.material.num_classes
        network = attacker(untrained(kind, classes, size), task)
    elif attack.start is None:
        network = shop.domain.start(shop.bench, shop.material)
        network = attacker(network, task)
        network = shop.domain.finish(network)
    else:
        start = _model_file(shop, attack.start)
        if not start.exists():
            raise SystemExit(
                f"{attack.name} starts from {attack.start}. Train that first."
            )
        network = keras.models.load_model(start, compile=False)
        network = attacker(network, task)
    path.parent.mkdir(exist_ok=True)
    network.save(path, include_optimizer=False)
    return network


def _entry(shop: Workshop, attack: Attack, network: keras.Model) -> Entry:
    """Measures a network, and writes the poisoned held-out images of every trigger."""
    rates, files = {}, {}
    for name, backdoor in attack.backdoors.items():
        _, data = backdoor.poisoned(shop.held_out, shop.material.num_classes)
        rates[name] = _accuracy(network, data)
        files[name] = f"{shop.name}/{attack.name}__{name}.h5"
        write_labelled(shop.out / files[name], data)
    validation = shop.bench / "data" / "clean_validation_data.h5"
    return Entry(
        name=attack.name,
        domain=shop.name,
        group=attack.group,
        kind=attack.attacker if attack.backdoors else "clean",
        model=_model_file(shop, attack.name).relative_to(shop.out).as_posix(),
        clean_validation=str(validation),
        clean_test=_test_file(shop),
        poisoned=files,
        clean_accuracy=_accuracy(network, shop.held_out),
        asr=rates,
        attack=asdict(attack),
    )


def _accuracy(network: keras.Model, data: Labelled) -> float:
    return float((predicted_labels(network, data.images) == data.labels).mean())


if __name__ == "__main__":
    main()
