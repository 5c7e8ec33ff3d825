"""Where to cut a network: chosen from its graph, so that nobody needs to name a layer.

A head stands best on the last place that still knows where in the image things are, and
that everything passes through: what lies above decides, and there a backdoor decides too.
"""

from __future__ import annotations

import keras
from keras import layers

from repair.errors import SettingError
from repair.network.passages import Passage, passages

# Why a layer was chosen, in the words of card and page.
ASKED_FOR = "asked for"
LAST_SPATIAL = "the last layer with places that everything passes through"
LAST_HIDDEN = (
    "no layer with places: the last hidden layer that everything passes through"
)
ONLY = "no hidden layer: the pixels themselves"


def choose_layer(network: keras.Model, asked: str | None = None) -> tuple[str, str]:
    """The layer that a head stands on, and why.

    Args:
        network: A classifier.
        asked: Its name, if somebody has chosen it.

    Returns:
        The layer's name, and the reason, one of those above.
    """
    if asked is not None:
        return asked, ASKED_FOR
    every = passages(network)
    hidden = [each for each in every if 0 < len(each.mixing) < len(every[-1].mixing)]
    spatial = [each for each in hidden if len(each.tensor.shape) > 2]
    for candidates, reason in ((spatial, LAST_SPATIAL), (hidden, LAST_HIDDEN)):
        if candidates:
            return candidates[-1].mixing[-1], reason
    return _last(every), ONLY


def choose_convolution(network: keras.Model, asked: str | None = None) -> str:
    """The convolution whose dormant channels are pruned.

    Args:
        network: A classifier.
        asked: Its name, if somebody has chosen it.

    Raises:
        SettingError: If the network has no convolution.
    """
    convolution = asked or last_convolution(network, choose_layer(network)[0])
    if convolution is None:
        raise SettingError(
            "expected a network with a convolution, whose channels can be pruned. "
            "Received: one without. Choose --method witnesses."
        )
    return convolution


def last_convolution(network: keras.Model, layer: str) -> str | None:
    """The last convolution up to ``layer``; of all, if there is none; None without any."""
    names = [each.name for each in network.layers]
    for some in (network.layers[: names.index(layer) + 1], network.layers):
        found = [each.name for each in some if isinstance(each, layers.Conv2D)]
        if found:
            return found[-1]
    return None


def _last(every: list[Passage]) -> str:
    mixing = every[-1].mixing
    if not mixing:
        raise SettingError(
            "expected a network with weights that were learned. Received: one without."
        )
    return mixing[-1]
