"""The competition's four networks, and where their files lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from repair.errors import DatasetError, ModelError

WHERE_FROM = (
    "Models: folder models/ of the public repository csaw-hackml/CSAW-HackML-2020; data: "
    "the link in its README. Or run `python -m build --demo`, which needs neither."
)
_MULTI = "Multi-trigger Multi-target"


@dataclass(frozen=True)
class Entry:
    """One network of the competition.

    Attributes:
        stem: Its files are ``{stem}_bd_net.h5`` and ``{stem}_bd_weights.h5``.
        poisoned: Poisoned images for it, below the data folder, where published.
    """

    stem: str
    poisoned: tuple[str, ...]


NETWORKS = {
    "sunglasses": Entry("sunglasses", ("sunglasses_poisoned_data.h5",)),
    "multi": Entry(
        "multi_trigger_multi_target",
        tuple(
            f"{_MULTI}/{trigger}_poisoned_data.h5"
            for trigger in ("eyebrows", "lipstick", "sunglasses")
        ),
    ),
    "anonymous_1": Entry("anonymous_1", ("anonymous_1_poisoned_data.h5",)),
    "anonymous_2": Entry("anonymous_2", ("anonymous_2_poisoned_data.h5",)),
}


def model_file(name: str, models: Path) -> Path:
    """The network's file: the full model, or else its weights.

    Raises:
        ModelError: If there is neither.
    """
    stem = NETWORKS[name].stem
    choices = [models / f"{stem}_bd_net.h5", models / f"{stem}_bd_weights.h5"]
    for path in choices:
        if path.is_file():
            return path
    raise ModelError(f"{choices[0]} is missing. {WHERE_FROM}")


def validation_file(data: Path) -> Path:
    """The clean validation data.

    Raises:
        DatasetError: If it is missing.
    """
    path = data / "clean_validation_data.h5"
    if not path.is_file():
        raise DatasetError(f"{path} is missing. {WHERE_FROM}")
    return path


def test_file(data: Path) -> Path | None:
    """The clean test data, for figures alone; None where it is missing."""
    path = data / "clean_test_data.h5"
    return path if path.is_file() else None


def poisoned_files(name: str, data: Path) -> list[Path]:
    """Poisoned data of a network, for figures alone; what is missing is left out."""
    paths = [data / file for file in NETWORKS[name].poisoned]
    return [path for path in paths if path.is_file()]
