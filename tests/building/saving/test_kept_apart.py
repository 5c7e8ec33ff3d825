"""A dense layer, an addition and an activation: TensorFlow runs it without complaint."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from toys import repaired_by, run_python

from build.formats.frozen import frozen
from build.fusing.fusion import fuse
from build.saving.kept_apart import APART
from build.saving.saved_model import export

SHAPE = (4, 3, 3)
ASK = """
import json, sys
import numpy as np, tensorflow as tf
detector = tf.saved_model.load(sys.argv[1])
print(json.dumps(detector.serve(np.load(sys.argv[2])).numpy().tolist()))
"""


def two_branches(activation: str) -> keras.Model:
    images = keras.Input(SHAPE)
    flat = layers.Flatten()(images)
    both = layers.Add()([layers.Dense(8)(flat), layers.Dense(8)(flat)])
    hidden = layers.Activation(activation)(both)
    return keras.Model(images, layers.Dense(5, "softmax")(hidden))


@pytest.mark.parametrize("activation", ["relu", "elu"])
def test_graph_is_optimised_without_errors(activation, tmp_path):
    keras.utils.set_random_seed(0)
    networks = two_branches(activation), two_branches("tanh")
    images = np.random.default_rng(0).integers(0, 256, (9, *SHAPE), np.uint8)
    detector = fuse(networks[0], repaired_by(networks[1]))
    card = {"input": {"rows": 4, "columns": 3, "channels": 3}, "num_classes": 5}
    export(detector, card, images, tmp_path / "toy")
    np.save(tmp_path / "images.npy", images)
    answer = run_python("-c", ASK, tmp_path / "toy", tmp_path / "images.npy")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out) == np.asarray(detector(images)["label"]).tolist()
    for complaint in ("tfg_optimizer", "OpKernel", "optimization failure"):
        assert complaint not in answer.err


def test_other_formats_are_made_without_it(tmp_path):
    networks = two_branches("relu"), two_branches("relu")
    images = np.zeros((2, *SHAPE), np.uint8)
    card = {"input": {"rows": 4, "columns": 3, "channels": 3}, "num_classes": 5}
    export(fuse(networks[0], repaired_by(networks[1])), card, images, tmp_path / "toy")
    loaded = tf.saved_model.load(str(tmp_path / "toy"))
    written = loaded.signatures["explain"].graph.as_graph_def().library.function
    kinds = {node.op for function in written for node in function.node_def}
    assert "EnsureShape" in kinds
    left = [
        x
        for x in frozen(tf.saved_model.load(tmp_path / "toy")).graph.get_operations()
        if APART in x.name
    ]
    assert {x.type for x in left} <= {"Identity"}
