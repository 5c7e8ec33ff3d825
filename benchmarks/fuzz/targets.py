"""What is fuzzed: a function of bytes each, which may only answer or refuse in one line."""

from __future__ import annotations

from collections.abc import Mapping

from artifacts.card import verify
from benchmarks.fuzz.asking import FOLDER, Target, refused, written
from benchmarks.fuzz.configs import configs
from benchmarks.fuzz.data_targets import (
    classes,
    data,
    flags,
    folder,
    image,
    npz,
    stored,
    table,
)
from benchmarks.fuzz.network_targets import architecture, archive, description, model


def card(content: bytes) -> None:
    """The card of an artifact."""
    (FOLDER / "toy").mkdir(exist_ok=True)
    written("toy/card.json", content)
    refused(lambda: verify(FOLDER / "toy"))


_NETWORKS = (model, archive, description, architecture, configs)
_DATA = (data, npz, table, folder, classes, stored, image, flags)
TARGETS: Mapping[str, Target] = {
    each.__name__: each for each in (*_NETWORKS, *_DATA, card)
}
