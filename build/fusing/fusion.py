"""Fuses the original network and all witnesses into one Keras model."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from build.fusing.agreement import Agreement, Evidence, certainty, together
from build.fusing.lean import without_silent_channels
from repair.methods.repair import Repair
from repair.network.scores import scores
from repair.rule import Rule


def fuse(original: keras.Model, repair: Repair) -> keras.Model:
    """The detector.

    Layers that networks share, because one was built on the other's input, are computed
    once. Of networks that share nothing, channels that are silent for good are left out.

    Args:
        original: Classifier of plain pixels, probabilities ``(n, N)``.
        repair: The repaired network, further witnesses, and when to flag.

    Returns:
        A model from images ``(n, rows, columns, channels)`` uint8 to a dict of ``label``,
        ``original_label`` and ``repaired_label``, all ``(n,)`` int64,
        ``original_confidence`` and ``repaired_confidence``, ``(n,)`` float32 in [0, 1],
        and ``evidence`` and ``NAME_evidence`` of each witness, ``(n,)`` float32.
    """
    images = keras.Input(original.input_shape[1:], dtype="uint8", name="images")
    networks = {"original": original, "repaired": repair.repaired, **repair.witnesses}
    answers = _answers(images, networks)
    listed = list(answers.values())
    if repair.rule is None:
        outputs = {"label": Agreement(name="agreement")(listed)}
    else:
        outputs = _judged(listed, repair.rule)
    for name in ("original", "repaired"):
        output = answers[name]
        outputs[f"{name}_label"] = ops.cast(ops.argmax(output, axis=-1), "int64")
        outputs[f"{name}_confidence"] = ops.max(ops.softmax(output), axis=-1)
    return keras.Model(images, outputs, name="detector")


def _answers(
    images: keras.KerasTensor, networks: dict[str, keras.Model]
) -> dict[str, Any]:
    """Each network's scores ``(n, N)``."""
    first = networks["original"].input
    shared = all(network.input is first for network in networks.values())
    if not shared:
        networks = {key: without_silent_channels(x) for key, x in networks.items()}
    scored = {key: scores(x, f"{key}.scores") for key, x in networks.items()}
    if shared:
        every = keras.Model(first, list(scored.values()))(images)
        return dict(zip(scored, every, strict=True))
    return {
        name: keras.Model(networks[name].input, output, name=name)(images)
        for name, output in scored.items()
    }


def _judged(answers: list[Any], rule: Rule) -> dict[str, Any]:
    """The label, and the evidence of each witness about the original's label."""
    labels = ops.argmax(answers[0], axis=-1)
    certain = certainty(answers[0], labels)
    each = [
        Evidence(witness, name=f"{witness.name}_evidence")(answer, labels, certain)
        for witness, answer in zip(rule.witnesses, answers[1:], strict=True)
    ]
    total = together(rule, each)
    stand_in = None if rule.stand_in is None else rule.stand_in + 1  # of the answers
    agreement = Agreement(rule.thresholds, rule.targets, stand_in, name="agreement")
    outputs = {"label": agreement(answers, total)}
    outputs["evidence"] = total
    for witness, value in zip(rule.witnesses, each, strict=True):
        outputs[f"{witness.name}_evidence"] = value
    return outputs
