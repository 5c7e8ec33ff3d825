"""Fine-tuning and the methods that use it: what is pruned stays pruned."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from toys import toy_people

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.methods.choose import repair_network
from repair.methods.fine_pruning.curve import pruning_curve
from repair.methods.fine_pruning.fine_tuning import fine_tune
from repair.methods.fine_pruning.mask import prune, pruning_mask
from repair.metrics import clean_accuracy
from repair.network.activations import layer_output, mean_activations
from repair.network.inference import outputs, predicted_labels
from repair.settings import METHODS, Settings

MASK = np.arange(8) % 2 == 0


@pytest.fixture(scope="module")
def pruned(badnet):
    return prune(badnet, "conv_3", MASK)


def test_pruned_channels_stay_at_zero_with_a_mask(pruned, clean):
    mask = MASK.copy()
    tuned = fine_tune(pruned, clean, epochs=2, frozen_mask=("conv_3", mask))
    kernel, bias = tuned.get_layer("conv_3").get_weights()
    assert (kernel[..., ~MASK] == 0).all()
    assert (bias[~MASK] == 0).all()
    features = outputs(layer_output(tuned, "conv_3"), clean.images[:10])
    assert (features[..., ~MASK] == 0).all()
    old = pruned.get_layer("conv_3").get_weights()[0]
    assert (kernel[..., MASK] != old[..., MASK]).any(), "the others learn"
    np.testing.assert_array_equal(mask, MASK)


def test_network_and_data_are_not_changed(pruned, clean):
    before = [weight.copy() for weight in pruned.get_weights()]
    images, labels = clean.images.copy(), clean.labels.copy()
    tuned = fine_tune(pruned, clean, epochs=1)
    for old, now, new in zip(
        before, pruned.get_weights(), tuned.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(old, now)
        assert (old != new).any()
    np.testing.assert_array_equal(clean.images, images)
    np.testing.assert_array_equal(clean.labels, labels)


def test_same_seed_same_weights_another_seed_others(pruned, clean):
    first, again, other = (
        np.concatenate(
            [
                w.ravel()
                for w in fine_tune(pruned, clean, epochs=2, seed=s).get_weights()
            ]
        )
        for s in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_no_epoch_changes_nothing(pruned, clean):
    tuned = fine_tune(pruned, clean, epochs=0)
    for old, new in zip(pruned.get_weights(), tuned.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_fine_tuning_learns(badnet, clean):
    """Labels shifted by one become likelier, so gradients and labels belong together."""
    shifted = Dataset(clean.images, (clean.labels + 1) % 5)

    def loss(network: keras.Model) -> float:
        scores = outputs(network, clean.images)
        own = scores[np.arange(len(clean)), shifted.labels]
        return float(-np.log(np.maximum(own, 1e-7)).mean())

    assert loss(fine_tune(badnet, shifted, epochs=30)) < 0.6 * loss(badnet)


def test_fine_pruning_keeps_channels_silent_and_people_known(badnet, clean):
    settings = Settings(fraction=0.25, epochs=2, seed=1)
    repair = repair_network("fine-pruning", badnet, clean, settings)
    activations = mean_activations(badnet, "conv_3", clean.images)
    dormant = np.flatnonzero(~pruning_mask(activations, 0.25))
    assert repair.settings["pruned_channels"] == dormant.tolist()
    assert repair.settings["fraction"] == 0.25
    assert len(dormant) == 2
    for network in (repair.repaired, repair.stages["pruned"]):
        kernel, _ = network.get_layer("conv_3").get_weights()
        assert (kernel[..., dormant] == 0).all()
    unseen = toy_people(10, seed=9)
    answers = predicted_labels(repair.repaired, unseen.images)
    assert clean_accuracy(answers, unseen.labels) > 0.9
    assert repair.rule is None


def test_reference_lets_channels_grow_again(badnet, clean):
    settings = Settings(fraction=0.5, epochs=3)
    repair = repair_network("reference", badnet, clean, settings)
    stage = repair.stages["pruned"].get_layer("conv_3").get_weights()[0]
    dormant = repair.settings["pruned_channels"]
    assert len(dormant) == 4
    assert (stage[..., dormant] == 0).all()
    assert set(METHODS) >= {"reference", "fine-pruning"}


def test_max_drop_chooses_the_fraction(badnet, clean):
    activations = mean_activations(badnet, "conv_3", clean.images)
    curve = pruning_curve(badnet, "conv_3", activations, clean)
    settings = Settings(fraction=0.9, max_drop=0.3, epochs=0)
    used = repair_network("fine-pruning", badnet, clean, settings).settings
    count = len(used["pruned_channels"])
    assert used["fraction"] == count / 8
    assert curve[count] >= curve[0] - 0.3 > curve[count + 1]


@pytest.mark.parametrize(
    "wrong",
    [{"layer": "fc_1"}, {"fraction": 1.0}, {"fraction": 0.99}, {"max_drop": 2.0}],
)
@pytest.mark.parametrize("method", ["fine-pruning", "reference"])
def test_settings_that_do_not_fit_are_refused(badnet, clean, method, wrong):
    with pytest.raises(SettingError, match=r"Received|leaves none"):
        repair_network(method, badnet, clean, Settings(**wrong))


def test_negative_epochs_are_refused(badnet, clean):
    with pytest.raises(SettingError, match="epochs"):
        repair_network("fine-pruning", badnet, clean, Settings(epochs=-1))
