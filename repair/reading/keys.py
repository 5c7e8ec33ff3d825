"""Which arrays of a file are the images and which the labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from artifacts.errors import printable
from repair.errors import DatasetError

COMPETITION = ("data", "label")
PIXELS = "pixels"  # of a table: one image a row
# Pairs of names that mean nothing else.
_PAIRS = (
    COMPETITION,
    ("data", "labels"),
    ("images", "labels"),
    ("image", "label"),
    ("x", "y"),
    ("X", "Y"),
    ("X", "y"),
    ("x_test", "y_test"),
    ("X_test", "y_test"),
    ("X_test", "Y_test"),
    ("x_val", "y_val"),
    ("X_val", "y_val"),
    ("x_train", "y_train"),
    ("X_train", "y_train"),
    ("X_train", "Y_train"),
    ("test_images", "test_labels"),
    ("train_images", "train_labels"),
    ("test_set_x", "test_set_y"),
    ("train_set_x", "train_set_y"),
)
# Names of labels beside images of any name.
_LABELS = ("label", "labels", "target", "targets", "class", "classes", "y", "emotion")
# What the file of labels beside ``x.npy`` is called.
_PARTNERS = (("images", "labels"), ("image", "label"), ("data", "labels"), ("x", "y"))
_SHOWN = 12

Shapes = Mapping[str, tuple[int, ...]]


def find_keys(
    path: Path, shapes: Shapes, given: Mapping[str, str], *, labelled: bool
) -> tuple[str, str | None]:
    """The names of images and labels; None where no labels are wanted.

    What is given counts, unless the file has none of it, as it may be meant for others.
    Else the one pair of usual names that the file has, else the only array of images with
    the only one that has as many labels.

    Raises:
        DatasetError: If that does not tell them.
    """
    if any(name.startswith("model_weights/") for name in shapes):
        raise DatasetError(
            f"{path}: is a network, not data. Give the network first, then the images."
        )
    if missing := [name for name in given.values() if name not in shapes]:
        unclear = _unclear(path, shapes, f"an array {missing[0][:100]!r}", given)
        if len(missing) < len(given):
            raise unclear
        try:
            return find_keys(path, shapes, {}, labelled=labelled)
        except DatasetError as reason:
            raise unclear from reason
    images, labels = given.get("images"), given.get("labels")
    if images is None:
        images, usual = _found(path, shapes, labelled)
        labels = labels or usual
    if not labelled:
        return images, None
    if labels is None:
        labels = dict(_PAIRS).get(images)
        if labels not in shapes:
            beside = _labels_of(shapes, images)
            labels = _only(beside) or _only([x for x in beside if x.lower() in _LABELS])
            if not beside:
                raise DatasetError(
                    f"{path}: expected labels beside {printable(images[:100])!r}. Received: "
                    f"{_listed(shapes)}. Store them there, or give --unlabelled to a "
                    "command that has it."
                )
        if labels is None:
            raise _unclear(path, shapes, f"labels for {images[:100]!r}", given)
    return images, labels


def partner_of(path: Path) -> str:
    """The file of labels beside one of images, by its name.

    Raises:
        DatasetError: If there is not exactly one.
    """
    name = path.name
    pairs = [*_PARTNERS, *((a.title(), b.title()) for a, b in _PARTNERS), ("X", "y")]
    tried = {
        name.replace(images, labels, 1) for images, labels in pairs if images in name
    }
    found = sorted(other for other in tried if path.with_name(other).is_file())
    if len(found) != 1:
        raise DatasetError(
            f"{path}: expected one file of labels beside it. Received: "
            f"{', '.join(found) or 'none'}. Name it: --keys labels=FILE.npy"
        )
    return found[0]


def _found(path: Path, shapes: Shapes, labelled: bool) -> tuple[str, str | None]:
    pairs = [pair for pair in _PAIRS if pair[0] in shapes]
    whole = [pair for pair in pairs if pair[1] in shapes] if labelled else pairs
    if len({pair[0] for pair in whole}) == 1:
        return whole[0]
    if not whole:
        images = _only([x for x, shape in shapes.items() if len(shape) in (3, 4)])
        if images is None and len(shapes.get(PIXELS, ())) == 2:
            images = PIXELS
        if images is not None:
            return images, None
    if not whole:
        raise _unclear(path, shapes, "images and labels", {})
    pair = f"images={whole[0][0]} labels={whole[0][1]}"
    raise _unclear(path, shapes, "one pair of images and labels", {}, pair)


def _labels_of(shapes: Shapes, images: str) -> list[str]:
    count = shapes[images][:1]
    return [
        name
        for name, shape in shapes.items()
        if name != images and len(shape) in (1, 2) and shape[:1] == count
    ]


def _only(names: list[str]) -> str | None:
    return names[0] if len(names) == 1 else None


def _unclear(
    path: Path,
    shapes: Shapes,
    expected: str,
    given: Mapping[str, str],
    remedy: str = "images=NAME labels=NAME",
) -> DatasetError:
    name = "Name others" if given else "Name them"
    return DatasetError(
        f"{path}: expected 'data' and 'label', or {expected} of other names. Received: "
        f"{_listed(shapes)}. {name}: --keys {remedy}"
    )


def _listed(shapes: Shapes) -> str:
    listed = [f"{name[:40]} {shape}" for name, shape in shapes.items()][:_SHOWN]
    return printable(", ".join(listed)) or "no arrays of numbers"
