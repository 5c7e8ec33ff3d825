"""Brings what a network ends in to one form: probabilities, one per label.

A classifier may end in a softmax, in the scores before one (logits), or in one sigmoid
for two labels. Everything above this module sees probabilities ``(n, N)``.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from repair.errors import ModelError
from repair.network.ends import LOGITS, end_of, of_sigmoids, share_of
from repair.network.scores import Logarithm

# Losses of networks whose answers are numbers, not labels.
_REGRESSION = frozenset(
    ["mse", "meansquarederror", "mae", "meanabsoluteerror", "mape", "msle", "huber"]
    + ["huberloss", "logcosh", "meansquaredlogarithmicerror", "cosinesimilarity"]
    + ["meanabsolutepercentageerror", "poisson"]
)
_ROUNDED = 1e-6  # what factors of several networks may miss 1 by
_MANY_LABELS = frozenset(["binarycrossentropy", "bce", "binaryfocalcrossentropy"])

_IF_OF_ONE_LABEL = (
    ", as the file names no loss. If it was trained with categorical cross-entropy, save it "
    "compiled with that loss, as a whole model."
)


def classifier(
    images: Any,
    scores: Any,
    *,
    loss: str = "",
    are_probabilities: bool = False,
    is_of_one_label: bool = False,
) -> keras.Model:
    """A classifier that answers with probabilities.

    Several scores that come out of another activation, such as a ReLU, are taken for
    logits: the largest names the label.

    Args:
        images: The input of its graph.
        scores: What it answers with, a tensor of that graph, its weights set.
        loss: What it was trained with, in lower case without underscores; "" where unknown.
        are_probabilities: Whether the scores are known to be some, whatever they come out
            of; see ``network.shares``.
        is_of_one_label: Whether it was trained by what each score has of the sum of all,
            so that several sigmoids name one label.

    Returns:
        A network from ``images`` to probabilities ``(n, N)`` float32; one sigmoid unit
        becomes N = 2, its probability that of label 1.

    Raises:
        ModelError: If the answers are not one score per label.
    """
    if len(scores.shape) == 4 and scores.shape[1:3] == (1, 1):
        scores = layers.Flatten(name="plain.scores")(scores)
    if len(scores.shape) != 2:
        raise ModelError(
            "expected a classifier of images, one score per label. Received: answers of "
            f"shape {scores.shape[1:]}."
        )
    count = scores.shape[1]
    if are_probabilities:
        probabilities = scores if count > 1 else _with_the_other(scores)
        return keras.Model(images, probabilities, name="network")
    share = share_of(scores, "softmax" if count > 1 else "sigmoid")
    if share is not None and abs(share - 1) > _ROUNDED:
        scores = layers.Rescaling(1 / share, name="plain.shares")(scores)
    end = "softmax" if share is not None and count > 1 else end_of(scores)
    if loss in _REGRESSION and share is None and end != "sigmoid":
        raise ModelError(
            "expected a classifier. Received: a network that was trained to give numbers, "
            f"with the loss {loss!r}, and has no softmax or sigmoid at its end."
        )
    if end == "sigmoid" and count > 1 and is_of_one_label:
        return keras.Model(images, _of_their_sum(scores), name="network")
    sigmoids = end == "sigmoid" or (end is None and of_sigmoids(scores))
    if count > 1 and (sigmoids or (end != "softmax" and loss in _MANY_LABELS)):
        raise ModelError(
            "expected one label per image: softmax, logits, or one sigmoid for two labels. "
            f"Received: {count} sigmoids, each of which answers for itself"
            + (_IF_OF_ONE_LABEL if sigmoids and not loss else ".")
        )
    if count == 1 and end == "softmax":
        raise ModelError(
            "expected a score for each of two labels or more. Received: one score behind a "
            "softmax, which is always 1."
        )
    if count == 1 and share is not None and end != "sigmoid":
        return keras.Model(images, _with_the_other(scores), name="network")
    if end == "sigmoid" or (end in LOGITS and count == 1):
        return keras.Model(images, _two_labels(scores), name="network")
    if end == "softmax":
        return keras.Model(images, scores, name="network")
    if count == 1 or end == "hard_sigmoid":  # each of several answers for itself
        raise ModelError(
            "expected softmax, sigmoid or none at the end (softmax as the last layer, or "
            f"logits). Received: {end!r}, which tells no probabilities. Save the network "
            "without its last activation, if it is right without."
        )
    return keras.Model(images, _softmax(scores), name="network")


def _softmax(scores: Any) -> Any:
    """The softmax of logits, in the last layer itself if that is dense."""
    last = scores._keras_history.operation
    if isinstance(last, layers.Dense) and last.activation is keras.activations.linear:
        return _dense(last, last.units, last.get_weights())
    return layers.Softmax(name="plain.probabilities")(scores)


def _two_labels(scores: Any) -> Any:
    """Softmax of (0, z), which is (1 - sigmoid(z), sigmoid(z))."""
    last = scores._keras_history.operation
    if isinstance(last, layers.Dense):
        weights = [
            np.stack([np.zeros_like(x[..., 0]), x[..., 0]], -1)
            for x in last.get_weights()
        ]
        return _dense(last, 2, weights)
    if (
        isinstance(last, layers.Activation)
        and last.activation is keras.activations.sigmoid
    ):
        scores = last.input
    elif end_of(scores) == "sigmoid":
        return _with_the_other(scores)
    elif of_sigmoids(scores):
        raise ModelError(
            "expected the sigmoid in the last layer. Received: a layer behind it, "
            f"{last.name!r}."
        )
    both = layers.Dense(
        2, activation="softmax", use_bias=False, trainable=False, name="plain.labels"
    )
    probabilities = both(scores)
    both.set_weights([np.array([[0, 1]], np.float32)])
    return probabilities


def _of_their_sum(scores: Any) -> Any:
    """What each of several sigmoids has of their sum: the softmax of their logarithms."""
    last = scores._keras_history.operation
    activation = getattr(last, "activation", None)
    if activation is not keras.activations.sigmoid:
        logarithms = Logarithm(name="plain.logarithms")(scores)
    elif isinstance(last, layers.Dense):
        logarithms = _dense(last, last.units, last.get_weights(), "log_sigmoid")
    else:
        logarithms = layers.Activation("log_sigmoid", name=last.name)(last.input)
    return layers.Softmax(name="plain.probabilities")(logarithms)


def _with_the_other(probability: Any) -> Any:
    """(1 - p, p), for what is a probability already: a mean of sigmoids."""
    both = layers.Dense(2, trainable=False, name="plain.labels")
    probabilities = both(probability)
    both.set_weights([np.array([[-1, 1]], np.float32), np.array([1, 0], np.float32)])
    return probabilities


def _dense(
    last: layers.Dense,
    units: int,
    weights: list[np.ndarray],
    activation: str = "softmax",
) -> Any:
    dense = layers.Dense(
        units, activation=activation, use_bias=last.use_bias, name=last.name
    )
    probabilities = dense(last.input)
    dense.set_weights(weights)
    return probabilities
