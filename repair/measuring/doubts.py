"""What speaks against a detector, before it is built and after: one sentence each."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from repair.dataset import Dataset

# No more distinct images than this share, or pixels that vary by so few grey levels from one
# image to another, are no sample of what a network will see.
_DISTINCT, _ALIKE = 0.5, 3.0
_LOOKED_AT = 500
# So much accuracy may the detector lose, and so often may it flag what it has not seen.
_LOST, _FLAGGED = 0.05, 0.1


def doubts_about_images(clean: Dataset, num_classes: int) -> list[str]:
    """What is odd about clean images.

    Args:
        clean: The images and their labels.
        num_classes: N of the network.
    """
    found = []
    labels = _labels_of_each(clean)
    distinct = len(labels)
    some = clean.images[:: max(1, len(clean) // _LOOKED_AT)].astype(np.float32)
    if distinct <= _DISTINCT * len(clean):
        found.append(
            f"only {distinct:,} of the {len(clean):,} clean images are different ones. "
            "Expected as many different images as there are: what is learned from copies "
            "holds for these alone."
        )
    elif float(some.std(axis=0).mean()) < _ALIKE:
        found.append(
            "the clean images hardly differ from one another. Expected images of all kinds "
            "that the network sees."
        )
    found += _contradictions(labels)
    missing = np.setdiff1d(np.arange(num_classes), clean.labels)
    if len(missing):
        shown = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
        found.append(
            f"{len(missing):,} of {num_classes:,} classes have no clean image (labels "
            f"{shown}): the repaired network never answers them, so that their images "
            "may be flagged."
        )
    return found


def doubts_about_labels(data: Dataset) -> list[str]:
    """What is odd about the labels of any images: that equal ones have different labels."""
    return _contradictions(_labels_of_each(data))


def doubts_about_classes(labels: np.ndarray, num_classes: int) -> list[str]:
    """What is odd about labels beside a network: that it never answers some of them.

    Args:
        labels: ``(n,)``.
        num_classes: N of the network.
    """
    beyond = labels[labels >= num_classes]
    if not len(beyond):
        return []
    shown = ", ".join(str(label) for label in np.unique(beyond)[:5])
    return [
        f"{len(beyond):,} of {len(labels):,} labels are beyond the network's {num_classes:,} "
        f"classes, 0..{num_classes - 1} (such as {shown}): no answer to these images can be "
        "right. Leave them out, or say from where labels count: --first-label."
    ]


def _labels_of_each(data: Dataset) -> dict[int, set[int]]:
    """All labels of each distinct image, by its hash."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for image, label in zip(data.images, data.labels, strict=True):
        found[hash(image.tobytes())].add(int(label))
    return found


def _contradictions(labels: dict[int, set[int]]) -> list[str]:
    several = sum(len(each) > 1 for each in labels.values())
    if not several:
        return []
    are = "image is" if several == 1 else "images are"
    return [
        f"{several:,} {are} there with different labels. Expected one label for each: look "
        "at the data, as no figure of them can be right."
    ]


def doubts_about_detector(
    before: float, after: float, estimated: float | None, *, least: float
) -> list[str]:
    """What is odd about a detector.

    Args:
        before: Clean accuracy of the network, in [0, 1].
        after: Of the detector, on the same images.
        estimated: Its false-positive rate on images that it has not seen, if known.
        least: Accuracy that is expected of any detector.
    """
    found = []
    if after < max(before - _LOST, least):
        found.append(
            f"the detector answers {after:.1%} of its own clean images rightly, the network "
            f"{before:.1%}. Do not rely on it: give more, different, rightly labelled images."
        )
    if estimated is not None and estimated > _FLAGGED:
        found.append(
            f"the detector may flag {estimated:.0%} of clean images that it has not seen. "
            "Give more images of each class."
        )
    return found
