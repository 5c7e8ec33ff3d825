"""The networks to measure on, with their clean and poisoned data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from runpy import run_path
from typing import Any

import h5py
import numpy as np

from benchmarks.attacks.index import Entry, read_index
from benchmarks.attacks.labelled import read_labelled
from build.catalogue import NETWORKS
from repair.dataset import Dataset
from repair.measuring.trials import Trial
from repair.reading.flags import read_flags

# The combined trigger of anonymous_2 comes without poisoned data; its target is known.
_STAMPED = {"anonymous_2": (4, ("sunglasses", "lipstick", "eyebrows"))}


@dataclass(frozen=True)
class Subject:
    """A network to repair and what to measure the detector on.

    Attributes:
        name: How the results call it.
        model: File of the BadNet.
        clean: HDF5 file of the clean validation data, all that the defence sees.
        group: ``bench``, or the group of a zoo.
        kind: What was done to it; ``clean`` if it has no backdoor.
        trials: Clean test data first, then poisoned data; for measuring alone.
    """

    name: str
    model: Path
    clean: Path
    group: str = "bench"
    kind: str = "bench"
    trials: list[Trial] = field(default_factory=list)


def read_images(path: Path) -> Dataset:
    """A file of the bench or of a zoo, of whatever image size."""
    data = read_labelled(path)
    return Dataset(data.images, data.labels)


def face_subjects(
    folder: Path, only: Collection[str] | None = None
) -> Iterator[Subject]:
    """The four networks of a folder in the competition's layout, or some of them."""
    data = folder / "data"
    for name, entry in NETWORKS.items():
        if only is not None and name not in only:
            continue
        test = read_images(data / "clean_test_data.h5")
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
            trials=trials,
        )


def small_image_subjects(
    folder: Path, domain: str, only: Collection[str] | None = None
) -> Iterator[Subject]:
    """The networks of a bench of small images, stamped by ``triggers.py`` beside it.

    ``TARGETS`` of that file says which triggers a network obeys; one that it does not
    name has no backdoor.
    """
    script = next(
        path / "triggers.py"
        for path in (folder, folder.parent / "bench-cifar10")
        if (path / "triggers.py").is_file()
    )
    triggers: dict[str, Any] = run_path(str(script))
    data = folder / "data"
    for model in sorted(folder.glob("models/*")):
        if only is not None and model.stem not in only:
            continue
        if model.suffix == ".keras" and model.with_suffix(".h5").is_file():
            continue
        test = read_images(data / "clean_test_data.h5")
        trials = [Trial("clean test", test)]
        targets = triggers["TARGETS"][domain].get(model.stem, {})
        for name, target in targets.items():
            others = test.images[test.labels != target]
            stamped = Dataset(
                triggers["stamp"](name, others), np.full(len(others), target)
            )
            trials.append(Trial(name, stamped, poisoned=True))
        yield Subject(
            model.stem,
            model,
            data / "clean_validation_data.h5",
            kind="bench" if targets else "clean",
            trials=trials,
        )


def zoo_subjects(
    folder: Path,
    domain: str,
    groups: Collection[str],
    only: Collection[str] | None = None,
) -> Iterator[Subject]:
    """The networks of a zoo that ``python -m benchmarks.attacks`` trained."""
    for entry in read_index(folder):
        if entry.domain != domain or entry.group not in groups:
            continue
        if only is None or entry.name in only:
            yield zoo_subject(folder, entry)


def zoo_subject(folder: Path, entry: Entry) -> Subject:
    """One network of a zoo."""
    trials = [Trial("clean test", read_images(folder / entry.clean_test))]
    trials += [
        Trial(trigger, read_images(folder / file), poisoned=True)
        for trigger, file in entry.poisoned.items()
    ]
    return Subject(
        entry.name,
        folder / entry.model,
        folder / entry.clean_validation,
        entry.group,
        entry.kind,
        trials,
    )


def with_at_most(subject: Subject, count: int | None, *, seed: int = 0) -> Subject:
    """The subject with at most ``count`` images a trial, drawn; all of them if None."""
    if count is None:
        return subject
    return replace(subject, trials=[_drawn(t, count, seed) for t in subject.trials])


def _drawn(trial: Trial, count: int, seed: int) -> Trial:
    order = np.random.default_rng(seed).permutation(len(trial.data))
    chosen = np.sort(order[:count])
    flags = None if trial.triggered is None else trial.triggered[chosen]
    return replace(trial, data=trial.data.subset(chosen), triggered=flags)


def _poisoned(path: Path) -> Trial:
    data = read_images(path)
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
