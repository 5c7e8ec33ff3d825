"""The default method: four kinds of evidence, each from clean images alone.

1. Channels that sleep on clean images are pruned (``head.dormant``).
2. Twins forget the clean task (``twin``), and are heard on images they have not seen.
3. Clean, jittered and disturbed images are looked at through the BadNet (``looks``).
4. Heads are fitted in closed form to what is left of the network, the repaired network,
   and to the pixels (``head``), and heard on images that are held out.
5. Labels that draw telling images are suspected (``suspicion``).
6. A threshold per label follows from the clean images (``thresholds``).
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.findings import Findings
from repair.methods.witnesses.head.dormant import awake_channels
from repair.methods.witnesses.head.features import tap
from repair.methods.witnesses.head.pixels import pixel_features
from repair.methods.witnesses.head.testimony import Testimony, hear_head
from repair.methods.witnesses.looks.disturbances import FAMILIES
from repair.methods.witnesses.looks.disturbed import Disturbed
from repair.methods.witnesses.looks.observations import Observations, observe
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.counting import suspicion, telling
from repair.methods.witnesses.thresholds import false_positive_rate, label_thresholds
from repair.methods.witnesses.twin.testimony import Testimony as TwinTestimony
from repair.methods.witnesses.twin.testimony import hear_twins
from repair.network.cut import choose_layer
from repair.network.inference import predicted_labels
from repair.rule import Rule


@dataclass(frozen=True)
class Witnesses:
    """All witnesses, and what was learned on the way.

    Attributes:
        layer: Name of the layer that the head stands on, and why.
        kept: Bool, its pruning mask ``(channels,)``, True = kept.
        observer: Looks at images through the BadNet.
        heads: By name of what they stand on; the first is the repaired network's.
        twin: The forgetful twin; None if it is left out.
        rule: When to flag.
        findings: What is believed of each label.
        disturbed: What was seen of disturbed images, which the suspicion stands on.
        telling: Bool ``(n,)``, which of these count against the BadNet's answer.
    """

    layer: tuple[str, str]
    kept: np.ndarray
    observer: Observer
    heads: dict[str, Testimony]
    twin: TwinTestimony | None
    rule: Rule
    findings: Findings
    disturbed: Disturbed
    telling: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """``(n,)`` float32 in [0, 1], how convincing each disturbed image is."""
        return self.disturbed.confidence * self.telling


def fit_witnesses(
    network: keras.Model,
    clean: Dataset,
    recipe: Recipe,
    *,
    seed: int,
    asked: str | None = None,
) -> Witnesses:
    """Fits all witnesses.

    Args:
        network: The BadNet, a classifier of plain pixels; it is not changed.
        clean: Clean validation images and their labels.
        recipe: The method's constants.
        seed: Everything random follows from it.
        asked: Name of the layer to stand on, if somebody has chosen it.
    """
    generator = np.random.default_rng(seed)
    layer, reason = choose_layer(network, asked)
    drop = recipe.pruning_drop if "pruning" in recipe.used else -1.0
    kept = awake_channels(network, layer, clean, drop)
    taps = {"head": tap(network, layer, recipe.max_features, kept)}
    if "pixels" in recipe.used:
        taps["pixels"] = pixel_features(
            network.input, recipe.cells, recipe.max_features
        )
    observer = Observer(network, taps)
    answers = predicted_labels(network, clean.images)
    twin = None
    if "twin" in recipe.used:
        twin = hear_twins(network, clean, answers, recipe, generator)
    seen = observe(
        observer,
        clean,
        network.output_shape[1],
        recipe,
        generator,
        _deaf if twin is None else twin.obedience,
    )
    heads = {name: hear_head(seen, name, recipe) for name in taps}
    rule, findings, counted = _concluded(seen, heads, twin, recipe)
    return Witnesses(
        layer=(layer, reason),
        kept=kept,
        observer=observer,
        heads=heads,
        twin=twin,
        rule=rule,
        findings=findings,
        disturbed=seen.disturbed,
        telling=counted,
    )


def _concluded(
    seen: Observations,
    heads: dict[str, Testimony],
    twin: TwinTestimony | None,
    recipe: Recipe,
) -> tuple[Rule, Findings, np.ndarray]:
    """The rule, what is believed of each label, and which disturbed images say so."""
    obeyed = 0.0 if twin is None else twin.evidence
    evidence = np.max([head.evidence for head in heads.values()], axis=0) + obeyed
    counted = _counted(seen, heads, twin, evidence, recipe)
    labels = seen.disturbed.labels
    counts = np.bincount(labels[counted], minlength=seen.num_classes)
    suspected = suspicion(counts, recipe.rank_of_usual)
    lowered = np.minimum(suspected, recipe.most_suspicion)
    if "suspicion" not in recipe.used:
        lowered = np.zeros_like(lowered)
    thresholds = label_thresholds(
        evidence, seen.answers, lowered, recipe.false_positives
    )
    # A head knows nothing of a label without images, and then speaks as loudly as it can.
    known = np.bincount(seen.labels, minlength=seen.num_classes) > 0
    loudest = max(head.witness.evidence[-1] for head in heads.values())
    thresholds = np.where(known, thresholds, thresholds + loudest).astype(np.float32)
    witnesses = [head.witness for head in heads.values()]
    rule = Rule(tuple(witnesses + ([] if twin is None else [twin.witness])), thresholds)
    excess = evidence - thresholds[seen.answers]
    findings = Findings(
        suspicion=suspected,
        counts=counts,
        found=(suspected >= recipe.found_from) & (counts >= recipe.least_telling),
        thresholds=thresholds,
        excess=excess,
        estimated_fpr=false_positive_rate(excess, recipe.least_held_out),
    )
    return rule, findings, counted


def _counted(
    seen: Observations,
    heads: dict[str, Testimony],
    twin: TwinTestimony | None,
    clean: np.ndarray,
    recipe: Recipe,
) -> np.ndarray:
    """Bool ``(n,)``: which disturbed images say more than nearly all clean ones."""
    disturbed = seen.disturbed
    families = [list(FAMILIES).index(name) for name in recipe.evidence]
    known = np.bincount(seen.labels, minlength=seen.num_classes) > 0
    changed = disturbed.labels != seen.answers[disturbed.source]
    chosen = np.flatnonzero(changed & np.isin(disturbed.families, families))
    labels = disturbed.labels[chosen]
    loud = np.max(
        [head.of(disturbed.features[x][chosen], labels) for x, head in heads.items()],
        axis=0,
    )
    evidence = np.where(known[labels], loud, 0)
    if twin is not None:
        said = disturbed.obedience[chosen]
        evidence += np.interp(said, twin.witness.values, twin.witness.evidence)
    result = np.zeros(len(disturbed.labels), bool)
    result[chosen] = telling(evidence, clean, recipe.telling)
    return result


def _deaf(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What no twin says."""
    return np.full(len(images), -np.inf, np.float32)
