"""FT-SAM: fine-tuning on clean data that also flattens the loss around the weights.

Each step first moves the weights to where the loss on the batch is highest nearby, neurons
with large weights further than others, and takes the gradient there.

References:
    Zhu et al., *Enhancing Fine-Tuning Based Backdoor Defense with Sharpness-Aware
    Minimization*, arXiv:2304.11823.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from repair.dataset import Dataset


@dataclass(frozen=True)
class Recipe:
    """Settings; the defaults are those of the authors' benchmark for CIFAR-10.

    Attributes:
        epochs: Rounds through the clean data.
        batch_size: Images a step.
        learning_rate: Of SGD with momentum, at first; it falls to 0 as a cosine.
        momentum: Of SGD.
        decay: Of the weights.
        radius: How far the weights are moved up the loss.
        smoothing: Of the labels.
    """

    epochs: int = 100
    batch_size: int = 256
    learning_rate: float = 0.01
    momentum: float = 0.9
    decay: float = 5e-4
    radius: float = 2.0
    smoothing: float = 0.1


def ft_sam(
    network: keras.Model, clean: Dataset, recipe: Recipe, *, seed: int
) -> keras.Model:
    """A copy of a network, repaired by FT-SAM.

    Args:
        network: A classifier of plain pixels with softmax output; it is not changed.
        clean: Clean images and their labels.
        recipe: Settings.
        seed: Order of the images.
    """
    keras.utils.set_random_seed(seed)
    tuned = keras.models.clone_model(network)
    tuned.set_weights(network.get_weights())
    batches = -(-len(clean) // recipe.batch_size)
    optimizer = keras.optimizers.SGD(
        keras.optimizers.schedules.CosineDecay(
            recipe.learning_rate, recipe.epochs * batches
        ),
        momentum=recipe.momentum,
        weight_decay=recipe.decay,
    )
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.smoothing)
    optimizer.build(tuned.trainable_variables)
    labels = np.eye(network.output_shape[-1], dtype=np.float32)[clean.labels]
    rng = np.random.default_rng(seed)

    @tf.function(reduce_retracing=True)
    def step(pixels: tf.Tensor, targets: tf.Tensor) -> None:
        _step(tuned, optimizer, loss, recipe.radius, pixels, targets)

    for _ in range(recipe.epochs):
        for batch in np.array_split(rng.permutation(len(clean)), batches):
            pixels = tf.constant(clean.images[batch], tf.float32)
            step(pixels, tf.constant(labels[batch]))
    return tuned


def _step(
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    loss: keras.losses.Loss,
    radius: float,
    images: tf.Tensor,
    labels: tf.Tensor,
) -> None:
    weights = [variable.value for variable in network.trainable_variables]

    def slopes() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            error = loss(labels, network(images, training=True))
        found: list[tf.Tensor] = tape.gradient(error, weights)
        return found

    moves = uphill(weights, slopes(), radius)
    # Statistics of batch normalisation are those of the weights as they are.
    statistics = [variable.value for variable in network.non_trainable_variables]
    kept = [tf.identity(each) for each in statistics]
    for weight, move in zip(weights, moves, strict=True):
        weight.assign_add(move)
    there = slopes()
    for weight, move in zip(weights, moves, strict=True):
        weight.assign_sub(move)
    for each, value in zip(statistics, kept, strict=True):
        each.assign(value)
    optimizer.apply(there, network.trainable_variables)


def uphill(
    weights: list[tf.Tensor], slopes: list[tf.Tensor], radius: float
) -> list[tf.Tensor]:
    """The steepest way up, if a neuron may move in proportion to its weights' norm.

    Args:
        weights: Of every layer; the last axis of a kernel counts its neurons.
        slopes: Of the loss, of the same shapes.
        radius: Length of the way, in norms of weights.
    """
    norms = [_norms(weight) for weight in weights]
    scaled = [norm * slope for norm, slope in zip(norms, slopes, strict=True)]
    factor = radius / (tf.linalg.global_norm(scaled) + 1e-12)
    return [factor * norm * each for norm, each in zip(norms, scaled, strict=True)]


def _norms(weight: tf.Tensor) -> tf.Tensor:
    """Of each neuron's weights; of a bias, its own absolute value."""
    axes = list(range(len(weight.shape) - 1))
    return tf.sqrt(tf.reduce_sum(tf.square(weight), axis=axes, keepdims=True))
