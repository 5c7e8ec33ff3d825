"""Networks of every kind of layer are copied, fused and saved, and answer the same."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from networks_of_all_kinds import KINDS
from saved_networks import assert_read_as_keras, images_for

from build.fusing.fusion import fuse
from repair.methods.fine_pruning.mask import copy_network
from repair.methods.repair import Repair
from repair.network.inference import outputs
from repair.network.preprocessing import at_scale, without_preprocessing


@pytest.mark.parametrize("kind", KINDS)
def test_network_is_read_copied_fused_and_saved(tmp_path, kind):
    network = assert_read_as_keras(KINDS[kind](), tmp_path)
    plain = at_scale(network, 1.0)
    images = images_for(network).astype(np.uint8)
    expected = outputs(network, images.astype(np.float32))
    for copy in (plain, without_preprocessing(plain), copy_network(plain)):
        answers = outputs(copy, images.astype(np.float32))
        np.testing.assert_allclose(answers, expected, rtol=0, atol=1e-6)
    detector = fuse(plain, Repair(copy_network(plain), None, {}))
    labels = np.argmax(expected, axis=1)
    np.testing.assert_array_equal(detector(images)["label"], labels)
    call = tf.function(lambda x: detector(x, training=False)["label"])
    call = call.get_concrete_function(
        tf.TensorSpec([None, *images.shape[1:]], tf.uint8)
    )
    module = tf.Module()
    module.serve, module.detector = call, detector
    tf.saved_model.save(module, str(tmp_path / "saved"))
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_array_equal(loaded.serve(tf.constant(images)), labels)
