"""Every constant of the default method, as a function of what is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """The constants of the default method.

    Attributes:
        jittered: Number of jittered images that are looked at.
        weakest_jitter: Of the full strength, in [0, 1], for the least jittered image.
        disturbed: Number of disturbed images that are looked at.
        folds: Each clean image is held out of a head fitted to the other folds.
        max_features: What a tapped tensor is averaged down to, at most.
        ridge: Added to the covariance's diagonal, as a share of its mean.
        widest: A feature that spreads wider, in medians of all, is scaled down to it. A
            network says the same with one channel times 10,000, but the ridge would drown
            all others.
        rank: Most directions that the discriminant keeps.
        prototypes: Most prototypes a label; where it has more images, they share these.
        evidence: Families of disturbances that count in suspicion and straying. Noise
            teaches the head, but drives any network to its favourites.
        top: A family's counts are measured against the label of this rank.
        found_from: A label counts as found from this suspicion on.
        ruled_out: The BadNet strays where the head ranks its label below this share of
            the labels that it knows, in [0, 1].
        watched: Number of labels on which plain disagreement flags, and the same where
            few held-out images tell less.
        confirmed: Share of the usual margin by which a found label must be confirmed.
        lenient_quantile: Of the held-out margins, for all other labels, in [0, 1].
        least_lenient: The lenient threshold is at least this.
        least_held_out: Fewer held-out images say nothing of a false-positive rate.
    """

    jittered: int
    disturbed: int
    top: int
    watched: tuple[int, int]
    weakest_jitter: float = 0.5
    folds: int = 3
    max_features: int = 2048
    ridge: float = 0.05
    widest: float = 10.0
    rank: int = 60
    prototypes: int = 10
    evidence: tuple[str, ...] = (
        *("blobs", "bars", "occluders"),
        *("stripes", "filters", "blends"),
    )
    found_from: float = 1.9 * 6
    ruled_out: float = 0.2
    confirmed: float = 0.25
    lenient_quantile: float = 0.999
    least_lenient: float = 0.01
    least_held_out: int = 100


def recipe_for(num_classes: int, images: int) -> Recipe:
    """The recipe for a network and its clean data.

    Args:
        num_classes: N.
        images: Number of clean images.
    """
    return Recipe(
        jittered=max(18_000, 4 * images),
        disturbed=36_000,
        top=max(2, round(0.01 * num_classes)),
        watched=(
            max(1, round(0.02 * num_classes)),
            max(1, round(0.024 * num_classes)),
        ),
    )
