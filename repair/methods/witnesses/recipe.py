"""Every constant of the default method, as a function of what is known beforehand."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Multiplications an image, of which a network may cost more before anything is spared.
_WORK = 400_000_000
# Classes up to which a pattern is sought.
_SOUGHT = 200
_LEAST_LOOKS, _LEAST_BATCH, _LEAST_STEPS, _LEAST_HOSTS = 2_000, 32, 40, 16


@dataclass(frozen=True)
class Recipe:
    """The constants of the default method.

    Attributes:
        jittered: Number of jittered images that are looked at.
        disturbed: Number of disturbed images that are looked at.
        false_positives: Share of clean images that may be flagged, in [0, 1].
        natural: What a network's favourites weigh in suspicion, as a share of the
            disturbed images (see ``suspicion``); the fewer classes, the more.
        target: Share of the disturbed images that a target's telling ones weigh, if they
            are confirmed a little (see ``suspicion.strength``).
        used: What is used beside the head; an ablation leaves one out.
        weakest_jitter: Of the full strength, in [0, 1], for the least jittered image.
        folds: Each clean image is held out of a head fitted to the other folds.
        max_features: What a tapped tensor is averaged down to, at most.
        cells: Into how many cells the shorter side of an image is divided, for pixels.
        ridge: Added to the covariance's diagonal, as a share of its mean.
        widest: A feature that spreads wider, in medians of all, is scaled down to it. A
            network says the same with one channel times 10,000, but the ridge would drown
            all others.
        rank: Most directions that the discriminant keeps.
        prototypes: Most prototypes a label; where it has more images, they share these.
        pruning_drop: Channels that sleep on clean images are pruned until the BadNet,
            without them, has lost this much clean accuracy, in [0, 1].
        most_steps: Most steps of the twin's training.
        look: After so many it is asked whether it has forgotten.
        watched: On at most so many images that it does not train on.
        forgotten: It is heard when it is as sure of their labels as of this share of blind
            guessing, in logarithms: early, and late, when it has forgotten.
        batch: Images a step.
        learning_rate: Of the twin's training.
        faint: Most that a pattern which is sought for every label may change the pixels,
            0..255, root mean square.
        moved: Most that a warp which is sought for every label may move pixels, as a share
            of an image's shorter side, root mean square down and right, and
        moved_surely: how surely, of what a pattern must, it has to lead: no class is like
            a warp, and none led so surely without a backdoor.
        sought: For so many labels, in each round; in none where there are many classes,
            of which patterns told nothing,
        sought_steps: in so many steps, with
        sought_batch: so many images each.
        led: A trigger leads so many of the images of other classes, as a share,
        led_surely: so surely, as a share of what is usual of clean images (the more
            classes, the more: of many, one is led to surely by chance), and
        led_margin: these log odds, since a weak network is sure of nothing; and
        led_apart: so many times as surely as patterns lead to the label in the middle: of
            large images, or a weak network, they lead surely to any.
        suspected: Least suspicion of a label that a filter leads to, and
        contradicted: share of the images that a filter leads to a label of which the
            witnesses must say more than of nearly all clean ones.
        pattern: Most that a pattern may change a pixel, 0..255, when it is unlearned.
        weakest_pattern: Of a pattern's strength, in [0, 1], with which it is unlearned.
        pattern_steps: In so many steps a pattern is found at first.
        unlearning_steps: Of a copy's training, and
        unlearning_rate: its learning rate.
        unlearning_drop: A copy is not heard whose clean accuracy is lower than the
            BadNet's by more than this.
        knots: Values at which a table says how telling an answer is.
        shrinkage: Of a label with so many clean images, half of what the twin says of
            them beyond what it says of all is taken to be usual.
        evidence: Families of disturbances that count in suspicion. Noise teaches the
            head, but drives any network to its favourites.
        telling: Share of clean images that say as much as a disturbed one must say for
            its label to be suspected, in [0, 1].
        much: Of an image changed so much, 0..255, the telling counts 1/e.
        slope: What the logarithm of a label's weight counts, in evidence.
        most_suspicion: Most that the suspicion of a label lowers its threshold by, as that
            of any target that is found; of a label that is nearly found, less, and
        near: nothing where no more than this speaks for it, of what it takes.
        least_telling: So many are enough.
        tried: So many of the labels that draw most are tried on other images.
        carried: So many changes that lead to each.
        hosts: On so many images each.
        confirmed: The share that a target's telling images weigh, times the share of other
            images that their changes work on.
        few_classes: With more than so many, less is enough beside the weight, and colour
            filters are sought.
        apart: Nothing is, where it is so many times that of the label with the third most.
        favoured: A label that takes so many more of other classes' clean images than labels
            do on average, as a share, is half as strong.
        least_held_out: Of fewer images, what is held out says nothing.
    """

    jittered: int
    disturbed: int
    false_positives: float
    natural: float
    target: float
    used: tuple[str, ...] = (
        *("pruning", "twin", "pixels"),
        *("suspicion", "seeking", "certainty", "unlearning"),
    )
    weakest_jitter: float = 0.5
    folds: int = 5
    max_features: int = 1280
    cells: int = 8
    ridge: float = 0.05
    widest: float = 10.0
    rank: int = 60
    prototypes: int = 10
    pruning_drop: float = 0.002
    most_steps: int = 160
    look: int = 2
    watched: int = 128
    forgotten: tuple[float, float] = (0.25, 0.8)
    batch: int = 128
    learning_rate: float = 1e-4
    faint: float = 11.5
    moved: float = 0.06
    moved_surely: float = 0.5
    sought: tuple[int, ...] = (48, 12, 6)
    sought_steps: tuple[int, ...] = (6, 8, 16)
    sought_batch: int = 48
    led: float = 0.75
    led_surely: float = 0.8
    led_margin: float = 1.0
    led_apart: float = 2.0
    suspected: float = 1.0
    contradicted: float = 0.5
    pattern: float = 24.0
    weakest_pattern: float = 0.3
    pattern_steps: int = 30
    unlearning_steps: int = 50
    unlearning_rate: float = 3e-4
    unlearning_drop: float = 0.1
    knots: int = 48
    shrinkage: int = 42
    evidence: tuple[str, ...] = (
        *("blobs", "bars", "occluders"),
        *("stripes", "filters", "blends"),
    )
    telling: float = 0.01
    much: float = 20.0
    slope: float = 2.0
    most_suspicion: float = 5.0
    near: float = 0.4
    least_telling: int = 10
    tried: int = 10
    carried: int = 20
    hosts: int = 48
    confirmed: float = 0.0004
    few_classes: float = 9.0
    apart: float = 5.0
    favoured: float = 0.05
    least_held_out: int = 100


def recipe_for(num_classes: int, images: int, work: int = 0) -> Recipe:
    """The recipe for a network and its clean data.

    Args:
        num_classes: N.
        images: Number of clean images. A rate that was seen on so many is uncertain by
            its standard error, which is kept back.
        work: Multiplications that one image costs. Where they are many, fewer images are
            looked at, and copies are trained in fewer and smaller steps.
    """
    share = min(1.0, _WORK / max(work, 1))
    many = num_classes > 2_000  # a fold's moments hold a vector per class
    # Measured on networks of 10, 43 and 500 classes, without a backdoor and with one.
    natural = 0.001 * (num_classes / 10) ** -0.45
    target = max(0.0017 * max(num_classes / 43, 1) ** -0.38, 0.00064, 1.2 * natural)
    return Recipe(
        jittered=_looks(max(9_000, min(4 * images, 18_000), images), share),
        disturbed=_looks(18_000, share),
        false_positives=max(0.009 - math.sqrt(0.008 / images), 2 / images),
        natural=natural,
        target=target,
        folds=3 if many else 9,
        batch=max(_LEAST_BATCH, int(share * Recipe.batch)),
        most_steps=max(_LEAST_STEPS, int(share * Recipe.most_steps)),
        sought_batch=max(_LEAST_BATCH // 2, int(share * Recipe.sought_batch)),
        hosts=max(_LEAST_HOSTS, int(share * Recipe.hosts)),
        sought=Recipe.sought if num_classes <= _SOUGHT else (),
        led_surely=Recipe.led_surely * max(num_classes / 10, 1) ** 0.15,
        sought_steps=tuple(max(2, int(share * x)) for x in Recipe.sought_steps),
        pattern_steps=max(_LEAST_STEPS // 4, int(share * Recipe.pattern_steps)),
        unlearning_steps=max(_LEAST_STEPS // 2, int(share * Recipe.unlearning_steps)),
    )


def _looks(count: int, share: float) -> int:
    return max(min(count, _LEAST_LOOKS), int(share * count))
