"""What is measured on: clean and poisoned data, none of it for a repair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from repair.dataset import Dataset
from repair.reading.data_file import AS_IT_IS, read_dataset
from repair.reading.flags import read_flags
from repair.settings import DataOptions


@dataclass(frozen=True)
class Trial:
    """A dataset to measure on.

    Attributes:
        name: How the table calls it.
        data: The images; in a poisoned dataset a label is the attacker's target.
        poisoned: Whether the images are an attacker's.
        triggered: Bool ``(n,)``, which images really carry a trigger; None = not known.
        fitted: Whether repaired networks were fitted to these very images.
    """

    name: str
    data: Dataset
    poisoned: bool = False
    triggered: np.ndarray | None = None
    fitted: bool = False


def read_trials(
    clean: Dataset,
    num_classes: int,
    *,
    test: Path | None,
    poisoned: list[Path],
    flags: Path | None = None,
    options: DataOptions = AS_IT_IS,
) -> list[Trial]:
    """Reads what to measure on. Nothing of it but ``clean`` is handed to a repair.

    Args:
        clean: The clean validation images.
        num_classes: N; labels must lie below.
        test: Clean test data.
        poisoned: Poisoned data, whose labels are the target labels.
        flags: Which images of the poisoned data carry a trigger.
        options: What the user says about data files.

    Raises:
        DatasetError: If a file is missing, broken or unfit.
    """
    rows, columns, channels = clean.images.shape[1:]
    read = partial(
        read_dataset,
        image_shape=(rows, columns, channels),
        num_classes=num_classes,
        options=counted_as(clean, options),
        names=clean.names,
    )
    trials = [Trial("clean validation", clean, fitted=True)]
    if test is not None:
        data = read(test)
        trials.append(Trial("clean test", data))
    for path in poisoned:
        data = read(path)
        triggered = None if flags is None else read_flags(flags, len(data))
        name = path.stem.removesuffix("_poisoned_data")
        trials.append(Trial(name, data, poisoned=True, triggered=triggered))
    return trials


def counted_as(first: Dataset, options: DataOptions) -> DataOptions:
    """What the first data told is said of the others: from which label they count."""
    told = options.first_label is None and first.first_label
    return replace(options, first_label=first.first_label) if told else options
