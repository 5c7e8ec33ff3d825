"""What an artifact's graph holds, and what it does not."""

from __future__ import annotations

import re
from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.core.protobuf import saved_model_pb2
from toys import repaired_by

from build.formats.frozen import frozen
from build.fusing.fusion import fuse
from build.saving.saved_model import export
from repair.methods.fine_pruning.mask import prune

MASK = np.arange(8) % 2 == 0
CARD = {"input": {"rows": 12, "columns": 10, "channels": 3}, "num_classes": 5}


def shared_head(badnet: keras.Model) -> keras.Model:
    features = badnet.get_layer("flatten_1").output
    return keras.Model(badnet.input, layers.Dense(5, "softmax", name="new")(features))


def pruned(badnet: keras.Model) -> keras.Model:
    return prune(badnet, "conv_3", MASK)


@pytest.fixture(scope="module", params=[shared_head, pruned])
def fused(request, badnet, tmp_path_factory):
    """A detector of each kind, and its artifact."""
    repair = repaired_by(request.param(badnet), np.full(5, 3.5, np.float32))
    detector = fuse(badnet, repair)
    folder = tmp_path_factory.mktemp("graph") / "toy"
    images = np.random.default_rng(0).integers(0, 256, (20, 12, 10, 3), np.uint8)
    export(detector, CARD, images, folder)
    return detector, folder, request.param


def test_nothing_is_pinned_to_a_processor(fused):
    """So a GPU runs it all; what only the CPU can, as decoding, TensorFlow puts there."""
    model = saved_model_pb2.SavedModel()
    model.ParseFromString((fused[1] / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    nodes = [node for node in graph.node if "saver" not in node.name.lower()]
    for function in graph.library.function:
        if not re.search("traced_(save|restore)", function.signature.name):
            nodes += function.node_def
    assert len(nodes) > 100
    assert {node.op for node in nodes if node.device} <= {"Const"}


def test_equal_weights_are_stored_once(fused):
    detector, folder, _ = fused
    different = {(w.shape, w.numpy().tobytes()) for w in detector.weights}
    reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    shapes = reader.get_variable_to_shape_map()
    names = [name for name in shapes if "CHECKPOINT" not in name]
    stored = [(tuple(shapes[n]), reader.get_tensor(n).tobytes()) for n in names]
    assert Counter(stored) == Counter(different)


def test_a_label_takes_no_softmax_and_each_convolution_once(fused):
    _, folder, kind = fused
    operations = frozen(tf.saved_model.load(folder)).graph.get_operations()
    kinds = Counter(operation.type for operation in operations)
    assert not kinds["Softmax"] + kinds["Exp"] + kinds["Log"]
    assert kinds["Conv2D"] == (2 if kind is shared_head else 4)


def test_pruned_channels_are_not_there(fused):
    _, folder, kind = fused
    operations = frozen(tf.saved_model.load(folder)).graph.get_operations()
    last = [x.outputs[0].shape[-1] for x in operations if x.type == "Conv2D"]
    assert sorted(last) == ([6, 8] if kind is shared_head else [4, 6, 6, 8])
