"""A colour filter that leads images of any class to a label.

A filter changes much, so a class may be gone behind it, and what it does is left out of
suspicion. But of the filters among the disturbances some resemble a trigger's: those that
lead to a label most surely are tried on images of other classes, and the best is sharpened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import tensorflow as tf

from repair.dataset import Dataset
from repair.methods.witnesses.looks.disturbances import FAMILIES
from repair.methods.witnesses.looks.disturbed import made_again
from repair.methods.witnesses.looks.observations import Observations
from repair.methods.witnesses.suspicion.ascent import of_length
from repair.methods.witnesses.suspicion.carrying import spread_over_others
from repair.methods.witnesses.suspicion.leading import Leading, Led
from repair.network.inference import gradient_batch
from repair.process.progress import progress

# Filters tried for each label, and labels whose best is sharpened.
_TRIED, _SHARPENED = 8, 4
# Steps, the length of each, and how much of the steps before is kept.
_STEPS, _LENGTH, _MOMENTUM = 16, 0.06, 0.8
# An offset of so many grey levels counts as much as a colour's share of 1.
_OFFSET = 128
_SMALLEST = 1e-30
# A filter leaves so much of an image's contrast at least: any network is led astray where
# little of the image is left, and of few classes, surely.
_LEAST_CONTRAST = 0.6


@dataclass(frozen=True)
class ColourFilter:
    """A filter that was sought for a label.

    Attributes:
        colours: ``(colours + 1, colours)`` float32, what becomes of a pixel's one or three
            colours, 0..255, and in the last row what is added to them.
        led: What it does to images of other classes.
    """

    colours: np.ndarray
    led: Led = field(default_factory=Led)

    def applied(self, images: np.ndarray) -> np.ndarray:
        """Images behind it, ``(n, rows, columns, channels)`` float32, 0..255.

        An alpha channel stays.
        """
        count = self.colours.shape[1]
        seen = images[..., :count].astype(np.float32)
        changed = np.clip(seen @ self.colours[:-1] + self.colours[-1], 0, 255)
        return np.concatenate([changed, images[..., count:]], axis=-1, dtype=np.float32)


def fitted(before: np.ndarray, after: np.ndarray) -> ColourFilter:
    """The filter that makes one image, ``(rows, columns, channels)``, most like another."""
    count = min(before.shape[-1], 3)
    given, wanted = (x[..., :count].reshape(-1, count) for x in (before, after))
    known = np.column_stack([given, np.ones(len(given), given.dtype)])
    return ColourFilter(
        np.linalg.lstsq(known, wanted, rcond=None)[0].astype(np.float32)
    )


def seek_filters(
    leading: Leading, clean: Dataset, seen: Observations, generator: np.random.Generator
) -> dict[int, ColourFilter]:
    """Seeks a filter for the labels that filters lead to most surely.

    Args:
        leading: How surely images are led.
        clean: The clean images.
        seen: What was seen of them, disturbed.
        generator: Source of all randomness.

    Returns:
        By label, of those that were tried; none of few classes, since there one class is
        often the only one of its colour.
    """
    if seen.num_classes <= leading.recipe.few_classes:
        return {}
    candidates = _candidates(seen, leading)
    if not candidates:
        return {}
    every = np.unique(np.concatenate(list(candidates.values())))
    before, after = made_again(clean, seen.disturbed, every)
    found: dict[int, ColourFilter] = {}
    hosts: dict[int, np.ndarray] = {}
    for label, chosen in progress(list(candidates.items()), label="filters tried"):
        some = spread_over_others(seen.answers, label, leading.recipe.hosts)
        if not len(some):
            continue
        hosts[label] = clean.images[some]
        tried = [fitted(before[x], after[x]) for x in np.searchsorted(every, chosen)]
        heard = [_heard(one, leading, hosts[label], label) for one in tried]
        if any(heard):
            found[label] = max(filter(None, heard), key=lambda x: x.led.strength)
    sharpen = _sharpening(leading, clean.images, generator)
    for label in sorted(found, key=lambda x: (-found[x].led.strength, x))[:_SHARPENED]:
        sharper = _heard(sharpen(found[label], label), leading, hosts[label], label)
        if sharper is not None:
            found[label] = max(found[label], sharper, key=lambda x: x.led.strength)
    apart = leading.apart({label: each.led for label, each in found.items()})
    return {label: replace(found[label], led=led) for label, led in apart.items()}


def _candidates(seen: Observations, leading: Leading) -> dict[int, np.ndarray]:
    """By label, the disturbed images that filters lead there most surely, says the twin."""
    disturbed = seen.disturbed
    filtered = disturbed.families == list(FAMILIES).index("filters")
    changed = disturbed.labels != seen.answers[disturbed.source]
    those = np.flatnonzero(filtered & changed)
    sure = disturbed.obedience[those, 0] / leading.tells[disturbed.labels[those]]
    surest = those[np.argsort(-sure, kind="stable")]
    labels = disturbed.labels[surest]
    chosen = list(dict.fromkeys(labels.tolist()))[: leading.recipe.tried]
    return {label: surest[labels == label][:_TRIED] for label in chosen}


def _heard(
    one: ColourFilter, leading: Leading, images: np.ndarray, label: int
) -> ColourFilter | None:
    """What a filter does to images; None where it leaves too little of them."""
    changed = one.applied(images)
    if _contrast(changed) < _LEAST_CONTRAST * _contrast(images):
        return None
    return replace(one, led=leading(changed, label))


def _contrast(images: np.ndarray) -> float:
    """Standard deviation of the brightness in an image, mean over images."""
    return float(images[..., :3].mean(axis=-1).std(axis=(1, 2)).mean())


def _sharpening(
    leading: Leading, images: np.ndarray, generator: np.random.Generator
) -> Callable[[ColourFilter, int], ColourFilter]:
    """What makes a filter lead more images to a label, and more surely."""
    network = leading.network
    size = min(gradient_batch(network, leading.recipe.sought_batch), len(images))

    @tf.function(reduce_retracing=True)
    def slope(images: tf.Tensor, colours: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        count = colours.shape[1]
        with tf.GradientTape() as tape:
            tape.watch(colours)
            changed = tf.tensordot(images[..., :count], colours[:-1], 1) + colours[-1]
            changed = tf.clip_by_value(changed, 0, 255)
            told = network(
                tf.concat([changed, images[..., count:]], -1), training=False
            )
            sure = tf.math.log(tf.gather(told, label, axis=1) + _SMALLEST)
            sure = tf.reduce_mean(sure)
        return tape.gradient(sure, colours)

    def sharpen(one: ColourFilter, label: int) -> ColourFilter:
        colours, moved = one.colours, np.zeros_like(one.colours)
        units = np.ones((len(colours), 1), np.float32)
        units[-1] = _OFFSET
        for _ in range(_STEPS):
            before = colours
            some = generator.choice(len(images), size, replace=False)
            given = tf.constant(images[some], tf.float32)
            uphill = slope(given, tf.constant(colours), tf.constant(label)).numpy()
            moved = _MOMENTUM * moved + of_length(uphill * units, 1.0)
            colours = colours + of_length(moved, _LENGTH) * units
            behind = ColourFilter(colours).applied(images[some])
            if _contrast(behind) < _LEAST_CONTRAST * _contrast(images[some]):
                return ColourFilter(before)
        return ColourFilter(colours)

    return sharpen
