"""The networks to measure on, with their clean and poisoned data."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from runpy import run_path

import h5py
import numpy as np

from build.catalogue import NETWORKS
from repair.dataset import Dataset
from repair.measuring.trials import Trial
from repair.reading.data_file import read_dataset
from repair.reading.flags import read_flags

# The combined trigger of anonymous_2 comes without poisoned data; its target is known.
_STAMPED = {"anonymous_2": (4, ("sunglasses", "lipstick", "eyebrows"))}


@dataclass(frozen=True)
class Subject:
    """A network to repair and what to measure the detector on.

    Attributes:
        name: How the results call it.
        model: HDF5 file of the BadNet.
        clean: HDF5 file of the clean validation data, all that the defence sees.
        trials: Clean test data first, then poisoned data; for measuring alone.
    """

    name: str
    model: Path
    clean: Path
    trials: list[Trial] = field(default_factory=list)


def bench_subjects(
    folder: Path, only: Collection[str] | None = None
) -> Iterator[Subject]:
    """The four networks of a folder in the competition's layout, or some of them."""
    data = folder / "data"
    for name, entry in NETWORKS.items():
        if only is not None and name not in only:
            continue
        test = read_dataset(data / "clean_test_data.h5")
        trials = [Trial("clean test", test)]
        for file in entry.poisoned:
            path = data / file
            if path.is_file():
                trials.append(_poisoned(path))
        if name in _STAMPED and (folder / "triggers.py").is_file():
            trials += _stamped(folder, test, *_STAMPED[name])
        yield Subject(
            name,
            folder / "models" / f"{entry.stem}_bd_net.h5",
            data / "clean_validation_data.h5",
            trials,
        )


def zoo_subjects(
    folder: Path, clean: Path, only: Collection[str] | None = None
) -> Iterator[Subject]:
    """The networks that ``python -m benchmarks.attacks`` trained, one group's folder."""
    test = read_dataset(folder.parent / "clean_heldout.h5")
    for report in sorted(folder.glob("*.json")):
        name = report.stem
        if only is not None and name not in only:
            continue
        backdoors = json.loads(report.read_text())["backdoors"]
        trials = [Trial("clean test", test)]
        for trigger in [backdoor["trigger"] for backdoor in backdoors]:
            poisoned = read_dataset(folder / f"{name}__{trigger}_poisoned.h5")
            trials.append(Trial(trigger, poisoned, poisoned=True))
        yield Subject(name, folder / f"{name}_bd_net.h5", clean, trials)


def _poisoned(path: Path) -> Trial:
    data = read_dataset(path)
    flags = path.with_name(f"trigger_{path.stem}.pkl")
    triggered = read_flags(flags, len(data)) if flags.is_file() else None
    name = path.stem.removesuffix("_poisoned_data")
    return Trial(name, data, poisoned=True, triggered=triggered)


def _stamped(
    folder: Path, test: Dataset, target: int, triggers: tuple[str, ...]
) -> Iterator[Trial]:
    """Test images with triggers, by the ``triggers.py`` that lies beside the data."""
    apply_trigger = run_path(str(folder / "triggers.py"))["apply_trigger"]
    others = test.labels != target
    with h5py.File(folder / "data" / "clean_test_data.h5") as file:
        left, right = (
            file[key][()][others] for key in ("landmarks", "landmarks_right")
        )
    for name in triggers:
        images = apply_trigger(name, test.images[others], left, right)
        labels = np.full(len(images), target)
        yield Trial(name, Dataset(images, labels), poisoned=True)
