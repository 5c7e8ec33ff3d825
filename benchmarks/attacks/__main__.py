"""``python -m benchmarks.attacks --out DIR`` trains the zoo and writes its test files."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.defence_aware import train_defence_aware
from benchmarks.attacks.faces import (
    Faces,
    Images,
    Labels,
    read_faces,
    split_faces,
    write_faces,
)
from benchmarks.attacks.head_aware import train_head_aware
from benchmarks.attacks.normalised import folded, normalised_deepid
from benchmarks.attacks.pruning_aware import train_pruning_aware
from benchmarks.attacks.rescaled import rescale
from benchmarks.attacks.training import predicted_labels, train
from benchmarks.attacks.zoo import Attack, zoo

_CONTINUE: Mapping[str, Callable[..., None]] = {
    "plain": train,
    "pruning_aware": train_pruning_aware,
    "defence_aware": train_defence_aware,
    "head_aware": train_head_aware,
}
LEARNING_RATE_FROM_SCRATCH, LEARNING_RATE_FROM_CLEAN = 5e-3, 2e-3


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains what ``--out`` does not hold yet; measures and writes all of it."""
    options = _parser().parse_args(arguments)
    test = read_faces(options.data / "clean_test_data.h5")
    validation = read_faces(options.data / "clean_validation_data.h5")
    attacker, held_out, unseen = split_faces(test, validation, seed=options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    write_faces(options.out / "clean_heldout.h5", held_out.images, held_out.labels)
    for attack in zoo(int(test.labels.max()) + 1, seed=options.seed):
        if options.only and attack.name not in options.only:
            continue
        start = time.monotonic()
        folder = options.out / attack.group
        folder.mkdir(exist_ok=True)
        network = _trained(attack, attacker, folder)
        report = _measure(network, attack, held_out, validation[unseen], folder)
        text = json.dumps(report, indent=2) + "\n"
        (folder / f"{attack.name}.json").write_text(text, encoding="utf-8")
        seconds = time.monotonic() - start
        print(f"{attack.name}: {_summary(report)}, {seconds:.0f} s", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.attacks", description=__doc__
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the zoo")
    parser.add_argument("--data", type=Path, default=Path("data"), help="clean data")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="these networks alone"
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _trained(attack: Attack, faces: Faces, folder: Path) -> keras.Model:
    """The network from ``folder`` or, if it is not there, trained and saved."""
    path = folder / f"{attack.name}_bd_net.h5"
    if path.exists():
        return keras.models.load_model(path, compile=False)
    if attack.start is None:
        network = _from_scratch(attack, faces)
    else:
        starts = list(folder.parent.glob(f"*/{attack.start}_bd_net.h5"))
        if not starts:
            raise FileNotFoundError(
                f"{attack.name} starts from {attack.start}. Train that first."
            )
        network = keras.models.load_model(starts[0], compile=False)
        _continue(network, attack, faces)
    network.save(path, include_optimizer=False)
    return network


def _continue(network: keras.Model, attack: Attack, faces: Faces) -> None:
    """Turns the network that the attack starts from, in place, into its BadNet."""
    if attack.training == "rescaled":
        rescale(network, faces)
        return
    _CONTINUE[attack.training](
        *(network, faces, attack.backdoors),
        epochs=attack.epochs,
        learning_rate=LEARNING_RATE_FROM_CLEAN,
        fraction=attack.fraction,
        seed=attack.seed,
        disturbed=attack.disturbed,
    )


def _from_scratch(attack: Attack, faces: Faces) -> keras.Model:
    keras.utils.set_random_seed(attack.seed)
    num_classes = int(faces.labels.max()) + 1
    network = normalised_deepid(num_classes, faces.images.shape[1:])
    train(
        *(network, faces, attack.backdoors),
        epochs=attack.epochs,
        learning_rate=LEARNING_RATE_FROM_SCRATCH,
        fraction=attack.fraction,
        seed=attack.seed,
        disturbed=attack.disturbed,
    )
    return folded(network)


def _measure(
    network: keras.Model,
    attack: Attack,
    held_out: Faces,
    validation: Faces,
    folder: Path,
) -> dict[str, object]:
    """Clean accuracies and attack success rates, in [0, 1], beside the attack itself.

    It also writes, for every trigger, the poisoned held-out images.
    """

    def accuracy(faces: Faces) -> float:
        return float((predicted_labels(network, faces.images) == faces.labels).mean())

    rates = {}
    for backdoor in attack.backdoors:
        images, targets = _poisoned(backdoor, held_out)
        rates[backdoor.trigger] = float(
            np.mean(predicted_labels(network, images) == targets)
        )
        name = f"{attack.name}__{backdoor.trigger}_poisoned.h5"
        write_faces(folder / name, images, targets)
    return {
        **asdict(attack),
        "clean_accuracy": accuracy(held_out),
        "clean_accuracy_validation_unseen": accuracy(validation),
        "attack_success_rate": rates,
    }


def _poisoned(backdoor: Backdoor, held_out: Faces) -> tuple[Images, Labels]:
    """The held-out images of all but the target person, stamped, and their targets."""
    targets = backdoor.targets(held_out.labels, int(held_out.labels.max()) + 1)
    victims = targets != held_out.labels
    return backdoor.stamp(held_out.images[victims]), targets[victims]


def _summary(report: dict[str, object]) -> str:
    keys = ("clean_accuracy", "clean_accuracy_validation_unseen", "attack_success_rate")
    return ", ".join(f"{key} {report[key]}" for key in keys)


if __name__ == "__main__":
    main()
