"""Reads what a repair starts from: the BadNet on plain pixels, and clean images."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras

from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.network.answering import activation_bytes
from repair.network.find_preprocessing import Found, found_preprocessing
from repair.network.inference import sound_labels
from repair.network.preprocessing import Preprocessing, preprocessed
from repair.process.freed_memory import give_back_freed_memory
from repair.process.progress import finding_preprocessing
from repair.reading.data_file import AS_IT_IS, read_dataset, shape_in
from repair.reading.network_file import read_network
from repair.reading.pixels import Shape
from repair.settings import DataOptions, NetworkOptions

_WHOLE = NetworkOptions()
# Bytes that a network makes of one image, from which on memory grows full of holes.
_MUCH = 16 << 20


@dataclass(frozen=True)
class Case:
    """A network to repair.

    Attributes:
        original: The BadNet, a classifier of plain pixels 0..255.
        clean: The clean validation images.
        found: What the network makes of its pixels, and why that is believed.
    """

    original: keras.Model
    clean: Dataset
    found: Found

    @property
    def preprocessing(self) -> Preprocessing:
        """What the network makes of its pixels."""
        return self.found.preprocessing

    @property
    def num_classes(self) -> int:
        """Number of classes, N."""
        return int(self.original.output_shape[1])


def read_case(
    model: Path,
    clean: Path,
    *,
    preprocessing: str | None = None,
    unlabelled: bool = False,
    options: DataOptions = AS_IT_IS,
    network_options: NetworkOptions = _WHOLE,
) -> Case:
    """Reads a network and its clean validation data.

    Args:
        model: File of the network.
        clean: File or folder of the clean validation data.
        preprocessing: What the network was trained on; None = find it.
        unlabelled: The network's own answers stand in for the labels.
        options: What the user says about data files.
        network_options: What the user says about the network's file.

    Raises:
        RepairError: If a file is missing, broken or unfit for the other.
    """
    network = read_network(
        model, image_shape=shape_told(clean, options), **asdict(network_options)
    )
    if activation_bytes(network) > _MUCH:
        give_back_freed_memory()
    data = read_dataset(
        clean,
        image_shape=shape_of(network),
        num_classes=network.output_shape[1],
        labelled=not unlabelled,
        options=options,
    )
    found = found_preprocessing(network, data, preprocessing, finding_preprocessing)
    original = preprocessed(network, found.preprocessing)
    if unlabelled:
        data = replace(data, labels=sound_labels(model, original, data.images))
    if network.output_shape[1] > 1 and (data.labels == data.labels[0]).all():
        raise DatasetError(
            f"{clean}: all images are of one class, label {data.labels[0]}. Expected "
            "several classes, to be told apart: give images of more labels."
        )
    return Case(original, data, found)


def shape_of(network: keras.Model) -> Shape:
    """Rows, columns and channels of a network's images; 1 where it has no such axis."""
    rows, columns, channels = (*network.input_shape[1:], 1)[:3]
    return rows, columns, channels


def shape_told(clean: Path, options: DataOptions) -> Shape | None:
    """What the data say of a size that the network leaves open."""
    try:
        return shape_in(clean, options)
    except DatasetError:  # said when it is read
        return None
