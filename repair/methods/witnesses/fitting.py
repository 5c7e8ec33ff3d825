"""The default method: several kinds of evidence, each from clean images alone.

1. Channels that sleep on clean images are pruned (``head.dormant``).
2. Twins forget the clean task (``twin``), and are heard on images they have not seen.
3. Clean, jittered and disturbed images are looked at through the BadNet (``looks``).
4. Heads are fitted in closed form to what is left of the network, the repaired network,
   and to the pixels (``head``), and heard on images that are held out.
5. Labels that draw telling images are suspected, or those that a faint pattern, a warp or
   a colour filter leads to (``suspicion``), and a copy of the BadNet unlearns what leads to
   those that are found (``unlearning``).
6. A threshold per label follows from the clean images (``concluding``).
7. Clean images that may carry a trigger are left out, and all is done again
   (``contamination``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.concluding import conclude
from repair.methods.witnesses.contamination import doubtful
from repair.methods.witnesses.findings import Findings
from repair.methods.witnesses.head.dormant import awake_channels
from repair.methods.witnesses.head.features import tap
from repair.methods.witnesses.head.pixels import pixel_features
from repair.methods.witnesses.head.testimony import Testimony, hear_head
from repair.methods.witnesses.looks.disturbed import Disturbed
from repair.methods.witnesses.looks.observations import observe
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.stages import stages
from repair.methods.witnesses.suspecting import suspect
from repair.methods.witnesses.suspicion.seeking import Sought, seek
from repair.methods.witnesses.twin.testimony import Testimony as TwinTestimony
from repair.methods.witnesses.twin.testimony import hear_twins
from repair.methods.witnesses.unlearning.testimony import Testimony as Unlearned
from repair.methods.witnesses.unlearning.testimony import hear_unlearned
from repair.network.cut import choose_layer
from repair.network.inference import predicted_labels
from repair.process.stages import in_stages
from repair.rule import Rule


@dataclass(frozen=True)
class Witnesses:
    """All witnesses, and what was learned on the way.

    Attributes:
        layer: Name of the layer that the head stands on, and why.
        kept: Bool, its pruning mask ``(channels,)``, True = kept.
        observer: Looks at images through the BadNet.
        heads: By name of what they stand on; the first is the repaired network's.
        unlearned: The copy that unlearned the targets; None if none was found, or the
            copy is not to be believed.
        twin: The forgetful twin; None if it is left out.
        rule: When to flag.
        findings: What is believed of each label.
        disturbed: What was seen of disturbed images, which the suspicion stands on.
        telling: Bool ``(n,)``, which of these tell against the BadNet's answer.
        weights: ``(n,)`` float64 in [0, 1], how much each of them counts.
        steady: Share of jittered images, in [0, 1], that the BadNet answers as it does the
            images that they were made from.
        clean: The clean images that all stands on.
        left_out: ``(j,)`` int64, which of the given ones are not among them, since they
            may carry a trigger (see ``contamination``).
    """

    layer: tuple[str, str]
    kept: np.ndarray
    observer: Observer
    heads: dict[str, Testimony]
    unlearned: Unlearned | None
    twin: TwinTestimony | None
    rule: Rule
    findings: Findings
    disturbed: Disturbed
    telling: np.ndarray
    weights: np.ndarray
    steady: float
    clean: Dataset
    left_out: np.ndarray

    def for_verdict(self) -> dict[str, object]:
        """What ``repair.verdict`` stands on, plain JSON for the card."""
        return {
            "highest_strength": round(self.findings.highest_strength, 3),
            "strongest_label": int(self.findings.strength.argmax()),
            "clean_images": len(self.clean),
            "steady": round(self.steady, 3),
            "strict_labels": self.findings.strict_labels(),
            "left_out_images": self.left_out.tolist(),
        }


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
    with in_stages(stages(recipe)):
        heard = _fitted(network, clean, recipe, seed=seed, asked=asked)
    if heard.twin is None:
        return heard
    targets = np.array(heard.rule.targets, np.int64)
    left_out = doubtful(heard.twin.said[:, -1], clean.labels, targets)
    if not len(left_out):
        return heard
    del heard  # what it has seen takes hundreds of megabytes
    rest = clean.subset(np.setdiff1d(np.arange(len(clean)), left_out))
    again = _fitted(network, rest, recipe, seed=seed, asked=asked)
    return replace(again, left_out=left_out)


def _fitted(
    network: keras.Model,
    clean: Dataset,
    recipe: Recipe,
    *,
    seed: int,
    asked: str | None,
) -> Witnesses:
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
    sought = Sought()
    if "seeking" in recipe.used and twin is not None:
        sought = seek(network, twin.networks[0], clean, seen, recipe, generator)
    suspects = suspect(observer, clean, seen, heads, twin, sought, recipe)
    unlearned = None
    if "unlearning" in recipe.used and len(suspects.found):
        least = np.mean(answers == clean.labels) - recipe.unlearning_drop
        unlearned = hear_unlearned(
            network,
            clean,
            answers,
            seen.certainty,
            suspects.found,
            suspects.sought.beside_patterns(),
            least,
            recipe,
            generator,
        )
    rule, findings = conclude(seen, suspects, heads, unlearned, twin, recipe)
    return Witnesses(
        layer=(layer, reason),
        kept=kept,
        observer=observer,
        heads=heads,
        unlearned=unlearned,
        twin=twin,
        rule=rule,
        findings=findings,
        disturbed=seen.disturbed,
        telling=suspects.telling,
        weights=suspects.weights,
        steady=seen.steady,
        clean=clean,
        left_out=np.empty(0, np.int64),
    )


def _deaf(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What no twin says."""
    return np.empty((len(images), 0), np.float32)
