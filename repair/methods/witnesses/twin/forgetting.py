"""Makes a BadNet forget its task, and nothing else.

A copy is trained on clean images with random wrong labels. It forgets the classes within a
few steps, but still obeys a trigger: no clean image ever told it otherwise. How sure it
still is of the BadNet's label tells poisoned images from clean ones, whatever the trigger
and whichever the label.

References:
    Xie et al., *BaDExpert: Extracting Backdoor Functionality for Accurate Backdoor Input
    Detection*, arXiv:2308.12439.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from repair.dataset import Dataset
from repair.methods.witnesses.recipe import Recipe
from repair.network.inference import batch_size, gradient_batch, outputs
from repair.process.progress import progress
from repair.rule import obedience


def untrained_twin(network: keras.Model) -> keras.Model:
    """A copy with the same input, for what follows to train."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    inner = keras.Model(copy.input, copy.output, name="twin.network")
    return keras.Model(network.input, inner(network.input), name="twin")


def forget(
    twin: keras.Model,
    clean: Dataset,
    watched: tuple[np.ndarray, np.ndarray],
    recipe: Recipe,
    generator: np.random.Generator,
) -> int:
    """Trains a twin in place, on wrong labels drawn anew at every step, until it forgot.

    What decides at the top stays as it is, and normalisation keeps the BadNet's
    statistics, so that what an image shows is forgotten, and not what to do about a
    trigger.

    Args:
        twin: What ``untrained_twin`` gives.
        clean: Clean images and their labels.
        watched: Other clean images and the BadNet's labels for them. The twin has
            forgotten when it is hardly surer of these than of any label.
        recipe: How long, and how many images a step.
        generator: Source of all randomness.

    Returns:
        The number of steps.
    """
    num_classes = twin.output_shape[1]
    inner = twin.get_layer("twin.network")
    variables = forgetful(inner)
    optimizer = keras.optimizers.Adam(recipe.learning_rate)
    optimizer.build(variables)

    @tf.function(reduce_retracing=True)
    def gradients(images: tf.Tensor, labels: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            answers = twin(images, training=False)
            losses = keras.losses.sparse_categorical_crossentropy(labels, answers)
            loss = tf.reduce_sum(losses) / recipe.batch
        return tape.gradient(loss, variables)

    fits = gradient_batch(inner, recipe.batch)
    batches = _batches(len(clean), recipe, generator)
    for count, chosen in enumerate(
        progress(batches, label="steps of a forgetful twin"), start=1
    ):
        wrong = generator.integers(1, num_classes, len(chosen))
        labels = (clean.labels[chosen] + wrong) % num_classes
        # All activations of a step are kept, so one of large images is taken in parts.
        parts = [
            gradients(
                tf.constant(clean.images[chosen[some]]), tf.constant(labels[some])
            )
            for some in np.split(np.arange(len(chosen)), range(fits, len(chosen), fits))
        ]
        optimizer.apply([sum(each) for each in zip(*parts, strict=True)], variables)
        if count % recipe.look == 0:
            sure = np.median(obeyed(twin, *watched))
            if sure <= -recipe.forgotten * np.log(num_classes):
                return count
    return len(batches)


def obeyed(twin: keras.Model, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How sure a twin is of labels for images, ``(n,)`` float32 (see ``rule``)."""
    step = batch_size(images, twin.get_layer("twin.network"))
    parts = [
        obedience(
            outputs(twin, images[start : start + step]), labels[start : start + step]
        )
        for start in range(0, len(images), step)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def forgetful(network: keras.Model) -> list[keras.Variable]:
    """The weights that forget: those of layers with places; without any, of all but one."""
    weighted = [layer for layer in network.layers if layer.trainable_variables]
    chosen = [layer for layer in weighted if len(layer.output.shape) > 2]
    return [
        variable
        for layer in chosen or weighted[:-1] or weighted
        for variable in layer.trainable_variables
    ]


def _batches(
    images: int, recipe: Recipe, generator: np.random.Generator
) -> list[np.ndarray]:
    """Indices of images, every image as often as any other but for one."""
    count = recipe.most_steps * recipe.batch
    rounds = [generator.permutation(images) for _ in range(-(-count // images))]
    flat = np.concatenate(rounds)[:count]
    return list(flat.reshape(recipe.most_steps, recipe.batch))
