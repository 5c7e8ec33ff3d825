"""The methods of repair, by name. Each sees clean data alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from repair.methods.fine_pruning.method import fine_pruning, reference
from repair.methods.witnesses.method import witnesses

if TYPE_CHECKING:
    import keras

    from repair.dataset import Dataset
    from repair.methods.repair import Repair
    from repair.settings import Settings

# One line a method; ``settings.METHODS`` has the same names, without what they import.
_METHODS: Mapping[str, Callable[[keras.Model, Dataset, Settings], Repair]] = {
    "witnesses": witnesses,
    "fine-pruning": fine_pruning,
    "reference": reference,
}


def repair_network(
    method: str, network: keras.Model, clean: Dataset, settings: Settings
) -> Repair:
    """Repairs a network by a method of ``settings.METHODS``.

    Args:
        method: The method's name.
        network: A classifier of plain pixels, softmax output; it is not changed.
        clean: Clean validation images and their labels.
        settings: What the user chose.

    Raises:
        SettingError: If a setting does not fit the network.
    """
    return _METHODS[method](network, clean, settings)
