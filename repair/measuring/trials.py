"""What is measured on: clean and poisoned data, none of it for a repair."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from repair.dataset import Dataset
from repair.reading.data_file import read_dataset
from repair.reading.flags import read_flags


@dataclass(frozen=True)
class Trial:
    """A dataset to measure on.

    Attributes:
        name: How the table calls it.
        data: The images; in a poisoned dataset a label is the attacker's target.
        poisoned: Whether the images are an attacker's.
        triggered: Bool ``(n,)``, which images really carry a trigger; None = not known.
    """

    name: str
    data: Dataset
    poisoned: bool = False
    triggered: np.ndarray | None = None


def read_trials(
    clean: Dataset,
    num_classes: int,
    *,
    test: Path | None,
    poisoned: list[Path],
    flags: Path | None = None,
) -> list[Trial]:
    """Reads what to measure on. Nothing of it but ``clean`` is handed to a repair.

    Args:
        clean: The clean validation images.
        num_classes: N; labels must lie below.
        test: Clean test data.
        poisoned: Poisoned data, whose labels are the target labels.
        flags: Which images of the poisoned data carry a trigger.

    Raises:
        DatasetError: If a file is missing, broken or unfit.
    """
    rows, columns, channels = clean.images.shape[1:]
    shape = (rows, columns, channels)
    trials = [Trial("clean validation", clean)]
    if test is not None:
        data = read_dataset(test, image_shape=shape, num_classes=num_classes)
        trials.append(Trial("clean test", data))
    for path in poisoned:
        data = read_dataset(path, image_shape=shape, num_classes=num_classes)
        triggered = None if flags is None else read_flags(flags, len(data))
        name = path.stem.removesuffix("_poisoned_data")
        trials.append(Trial(name, data, poisoned=True, triggered=triggered))
    return trials
