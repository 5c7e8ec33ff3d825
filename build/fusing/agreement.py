"""The layer that turns several networks' answers into one label, or N for poisoned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from repair.rule import AGAINST_WEIGHT, REPAIRED_WEIGHT, Rule
from repair.witness import LARGEST_MARGIN, Witness


@keras.saving.register_keras_serializable(package="badnet_repair")
class Evidence(keras.layers.Layer):
    """How telling a witness's answer is about the original's label (see ``rule``).

    Args:
        witness: How its answers are read, or the same as plain numbers.
    """

    def __init__(self, witness: Witness | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**{"trainable": False, **kwargs})
        if isinstance(witness, dict):
            witness = _read(witness)
        self.witness = witness

    def call(self, scores: Any, labels: Any, certain: Any) -> Any:
        """The evidence ``(n,)`` of scores ``(n, N)`` about the original's labels ``(n,)``.

        ``certain`` is how sure that is of them, ``(n,)`` (see ``certainty``).
        """
        own, others, highest = _apart(scores, labels)
        if self.witness.speaks == "against":
            spoken = ops.minimum(highest - own, LARGEST_MARGIN)
        else:
            powers = ops.sum(ops.exp(others - highest[:, None]), axis=-1)
            spoken = own - highest - ops.log(powers)
        told = _told(self.witness, spoken, labels, certain)
        if self.witness.alone is None:
            return told
        return ops.maximum(told, _told(self.witness.alone, spoken, labels, certain))

    def compute_output_spec(
        self, scores: Any, labels: Any, certain: Any
    ) -> keras.KerasTensor:
        """A number an image."""
        return keras.KerasTensor(scores.shape[:-1], "float32")

    def get_config(self) -> dict[str, Any]:
        """The witness, as plain numbers."""
        return {**super().get_config(), "witness": _plain(self.witness)}


@keras.saving.register_keras_serializable(package="badnet_repair")
class Agreement(keras.layers.Layer):
    """The label that original and repaired network agree on, else N.

    With thresholds, the witnesses' evidence against the original's label b must be at
    least ``thresholds[b]`` for the image to be flagged; the answer is what both say
    together. Without, any disagreement of the two argmaxes counts. NaN or infinity in an
    answer always gives N. On labels that were found to be targets, another network stands
    in for the original.

    Both are compared by their scores before the softmax, whose differences are those
    of log p; ``rule`` says the same of probabilities.

    Args:
        thresholds: N floats, or None for plain comparison.
        targets: The labels that were found.
        stand_in: Which of the answers is asked on them in place of the first; None if
            the original always speaks for itself.
    """

    def __init__(
        self,
        thresholds: Any = None,
        targets: Sequence[int] = (),
        stand_in: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"trainable": False, **kwargs})
        self.targets, self.stand_in = list(targets), stand_in
        self.thresholds = None
        if thresholds is not None:
            self.thresholds = np.asarray(thresholds, np.float32)
            if self.thresholds.ndim != 1 or np.isnan(self.thresholds).any():
                raise ValueError(
                    "Expected one threshold per label, not NaN. "
                    f"Received: shape {self.thresholds.shape}."
                )

    def call(self, answers: list[Any], evidence: Any = None) -> Any:
        """Compares the original's answer with the repaired network's.

        Args:
            answers: Scores ``(n, N)``: the original's, the repaired network's, and those
                of further witnesses, which must be finite too.
            evidence: That of all witnesses together, ``(n,)``; none for plain comparison.

        Returns:
            ``(n,)`` int64, 0..N; N = poisoned.
        """
        original, repaired = answers[:2]
        num_classes = original.shape[-1]
        if self.thresholds is not None and len(self.thresholds) != num_classes:
            raise ValueError(
                f"Expected {num_classes} thresholds, one per label. "
                f"Received: {len(self.thresholds)}."
            )
        labels = ops.argmax(original, axis=-1)
        if self.thresholds is None:
            agree = ops.equal(labels, ops.argmax(repaired, axis=-1))
        else:
            agree = ops.less(evidence, ops.take(self.thresholds, labels))
            own = ops.take_along_axis(repaired, labels[:, None], axis=-1)[:, 0]
            known = ops.less(ops.max(repaired, axis=-1) - own, LARGEST_MARGIN)
            together = original + REPAIRED_WEIGHT * repaired
            if self.stand_in is not None:
                doubted = ops.any(ops.equal(labels[:, None], self.targets), axis=-1)
                instead = answers[self.stand_in] + repaired
                together = ops.where(doubted[:, None], instead, together)
            together = ops.argmax(together, axis=-1)
            labels = ops.where(known, together, labels)
        for scores in answers:
            # A sum is finite only if every part of it is.
            whole = ops.isfinite(ops.sum(scores * 0.0, axis=-1))
            agree = ops.logical_and(agree, whole)
        return ops.where(agree, ops.cast(labels, "int64"), num_classes)

    def compute_output_spec(
        self, answers: list[Any], evidence: Any = None
    ) -> keras.KerasTensor:
        """The labels' shape and type."""
        return keras.KerasTensor(answers[0].shape[:-1], "int64")

    def get_config(self) -> dict[str, Any]:
        """Its arguments, as plain numbers."""
        plain = None if self.thresholds is None else self.thresholds.tolist()
        doubted = {"targets": self.targets, "stand_in": self.stand_in}
        return {**super().get_config(), "thresholds": plain, **doubted}


def _told(witness: Witness, spoken: Any, labels: Any, certain: Any) -> Any:
    """How telling one reading of what it says is, ``(n,)``."""
    if witness.usual is not None:
        spoken = spoken - ops.take(witness.usual, labels)
    if witness.slope:
        spoken = spoken + witness.slope * certain
    values, evidence = witness.values, witness.evidence
    widths = np.diff(values)
    # Interpolation: what is walked of each step, times how steep it is.
    walked = ops.minimum(ops.relu(spoken[:, None] - values[:-1]), widths)
    return ops.sum(walked * (np.diff(evidence) / widths), axis=-1) + evidence[0]


def _plain(witness: Witness) -> dict[str, Any]:
    """A witness as plain numbers."""
    plain = dict(vars(witness))
    for key in ("values", "evidence", "usual"):
        plain[key] = None if plain[key] is None else plain[key].tolist()
    if witness.alone is not None:
        plain["alone"] = _plain(witness.alone)
    return plain


def _read(plain: dict[str, Any]) -> Witness:
    """A witness of plain numbers."""
    arrays = {
        key: None if plain[key] is None else np.asarray(plain[key], np.float32)
        for key in ("values", "evidence", "usual")
    }
    alone = None if plain["alone"] is None else _read(plain["alone"])
    return Witness(**{**plain, **arrays, "alone": alone})


def certainty(scores: Any, labels: Any) -> Any:
    """How sure ``(n,)`` scores ``(n, N)`` are of their own labels (see ``witness``)."""
    own, _, highest = _apart(scores, labels)
    return ops.minimum(own - highest, LARGEST_MARGIN)


def _apart(scores: Any, labels: Any) -> tuple[Any, Any, Any]:
    """The labels' scores ``(n,)``, all others ``(n, N)``, and the highest of these."""
    own = ops.take_along_axis(scores, labels[:, None], axis=-1)[:, 0]
    chosen = ops.equal(ops.arange(scores.shape[-1]), labels[:, None])
    others = ops.where(chosen, -np.inf, scores)
    return own, others, ops.max(others, axis=-1)


def together(rule: Rule, each: list[Any]) -> Any:
    """The evidence of all witnesses together, ``(n,)`` (see ``rule.total``)."""
    loudest: dict[str, Any] = {}
    for witness, value in zip(rule.witnesses, each, strict=True):
        other = loudest.get(witness.speaks)
        loudest[witness.speaks] = value if other is None else ops.maximum(other, value)
    return AGAINST_WEIGHT * loudest["against"] + loudest.get("obeys", 0.0)
