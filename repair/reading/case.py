"""Reads what a repair starts from: the BadNet on plain pixels, and clean images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras

from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.network.inference import predicted_labels
from repair.network.preprocessing import at_scale, find_scale
from repair.reading.data_file import read_dataset
from repair.reading.network_file import read_network


@dataclass(frozen=True)
class Case:
    """A network to repair.

    Attributes:
        original: The BadNet, a classifier of plain pixels 0..255.
        clean: The clean validation images.
        scale: Factor by which the network multiplies its pixels.
    """

    original: keras.Model
    clean: Dataset
    scale: float

    @property
    def num_classes(self) -> int:
        """Number of classes, N."""
        return int(self.original.output_shape[1])


def read_case(
    model: Path, clean: Path, *, scale: float | None = None, unlabelled: bool = False
) -> Case:
    """Reads a network and its clean validation data.

    Args:
        model: HDF5 file of the network.
        clean: HDF5 file of the clean validation data.
        scale: Factor for pixels; None = find it.
        unlabelled: The network's own answers stand in for the labels.

    Raises:
        RepairError: If a file is missing, broken or unfit for the other.
    """
    network = read_network(model)
    data = read_dataset(
        clean,
        image_shape=network.input_shape[1:],
        num_classes=network.output_shape[1],
        labelled=not unlabelled,
    )
    scale = scale or find_scale(network, data)
    original = at_scale(network, scale)
    if unlabelled:
        data = Dataset(data.images, predicted_labels(original, data.images))
    if network.output_shape[1] > 1 and (data.labels == data.labels[0]).all():
        raise DatasetError(
            f"{clean}: all images are of one class, label {data.labels[0]}. Expected "
            "several classes, to be told apart: give images of more labels."
        )
    return Case(original, data, scale)
