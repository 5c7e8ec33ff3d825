"""Makes a BadNet forget its task, and nothing else.

A copy is trained on clean images with random wrong labels. It forgets the classes within a
few steps, but still obeys a trigger: no clean image ever told it otherwise. How sure it
still is of the BadNet's label tells poisoned images from clean ones, whatever the trigger
and whichever the label. A pattern all over the image is soon forgotten too, while a small
one stands out the more, the more is forgotten: so a twin is heard on the way as well.

References:
    Xie et al., *BaDExpert: Extracting Backdoor Functionality for Accurate Backdoor Input
    Detection*, arXiv:2308.12439.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from repair.dataset import Dataset
from repair.methods.witnesses.recipe import Recipe
from repair.network.inference import batch_size, gradient_batch, outputs
from repair.process.progress import progress
from repair.witness import obedience


def copy_of(network: keras.Model, name: str) -> keras.Model:
    """A copy with the same input, to be trained; its last layer is the copy itself."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return _on(network.input, copy, name)


def as_it_is(twin: keras.Model, name: str) -> keras.Model:
    """A copy of a twin, to be heard later; what a twin does not forget, both share."""
    inner = _inner(twin)
    forgets = forgetful_layers(inner)

    def shared_or_new(layer: keras.Layer) -> keras.Layer:
        new = layer in forgets
        return type(layer).from_config(layer.get_config()) if new else layer

    copy = keras.models.clone_model(inner, clone_function=shared_or_new)
    copy.set_weights(inner.get_weights())
    return _on(twin.input, copy, name)


def forget(
    twin: keras.Model,
    clean: Dataset,
    watched: tuple[np.ndarray, np.ndarray],
    recipe: Recipe,
    generator: np.random.Generator,
) -> Iterator[tuple[int, bool]]:
    """Trains a twin in place, on wrong labels drawn anew at every step, until it forgot.

    What decides at the top stays as it is, and normalisation keeps the BadNet's
    statistics, so that what an image shows is forgotten, and not what to do about a
    trigger.

    Args:
        twin: What ``copy_of`` gives.
        clean: Clean images and their labels.
        watched: Other clean images and the BadNet's labels for them. The twin has
            forgotten when it is hardly surer of these than of any label.
        recipe: How long, how many images a step, and how much is forgotten at each stop.
        generator: Source of all randomness.

    Yields:
        The number of steps, at each stop, and whether it has forgotten so much, or the
        steps ran out; the twin is then as it is there.
    """
    num_classes = twin.output_shape[1]
    inner = _inner(twin)
    variables = [x for y in forgetful_layers(inner) for x in y.trainable_variables]
    optimizer = keras.optimizers.Adam(recipe.learning_rate)
    optimizer.build(variables)

    @tf.function(reduce_retracing=True)
    def gradients(images: tf.Tensor, labels: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            answers = twin(images, training=False)
            losses = keras.losses.sparse_categorical_crossentropy(labels, answers)
            loss = tf.reduce_sum(losses) / recipe.batch
        return tape.gradient(loss, variables)

    @tf.function(reduce_retracing=True)
    def move(slopes: list[tf.Tensor]) -> None:
        optimizer.apply(slopes, variables)

    stops = [-share * np.log(num_classes) for share in recipe.forgotten]
    fits = gradient_batch(inner, recipe.batch)
    batches = _batches(len(clean), recipe, generator)
    needed = itertools.takewhile(lambda _: stops, batches)
    bar = progress(needed, label="steps of a forgetful twin", total=len(batches))
    for count, chosen in enumerate(bar, start=1):
        wrong = generator.integers(1, num_classes, len(chosen))
        labels = (clean.labels[chosen] + wrong) % num_classes
        # All activations of a step are kept, so one of large images is taken in parts.
        parts = [
            gradients(
                tf.constant(clean.images[chosen[some]]), tf.constant(labels[some])
            )
            for some in np.split(np.arange(len(chosen)), range(fits, len(chosen), fits))
        ]
        move([sum(each) for each in zip(*parts, strict=True)])
        if count % recipe.look == 0:
            sure = np.median(obeyed(twin, *watched))
            while stops and sure <= stops[0]:
                yield count, True
                stops.pop(0)
    for _ in stops:
        yield len(batches), False


def obeyed(twin: keras.Model, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How sure a twin is of labels for images, ``(n,)`` float32 (see ``rule``)."""
    step = batch_size(images, _inner(twin))
    parts = [
        obedience(
            outputs(twin, images[start : start + step]), labels[start : start + step]
        )
        for start in range(0, len(images), step)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def forgetful_layers(network: keras.Model) -> list[keras.Layer]:
    """The layers that forget: those with places; without any, all but the last."""
    weighted = [layer for layer in network.layers if layer.trainable_variables]
    chosen = [layer for layer in weighted if len(layer.output.shape) > 2]
    return chosen or weighted[:-1] or weighted


def _on(images: keras.KerasTensor, copy: keras.Model, name: str) -> keras.Model:
    inner = keras.Model(copy.input, copy.output, name=f"{name}.network")
    return keras.Model(images, inner(images), name=name)


def _inner(twin: keras.Model) -> keras.Model:
    """The copy itself."""
    return twin.layers[-1]


def _batches(
    images: int, recipe: Recipe, generator: np.random.Generator
) -> list[np.ndarray]:
    """Indices of images, every image as often as any other but for one."""
    count = recipe.most_steps * recipe.batch
    rounds = [generator.permutation(images) for _ in range(-(-count // images))]
    flat = np.concatenate(rounds)[:count]
    return list(flat.reshape(recipe.most_steps, recipe.batch))
