"""What a network's scores are taken for, in a sentence, where its end does not say it."""

from __future__ import annotations

from typing import Any

from repair.network.ends import LOGITS, end_of


def meaning_of(scores: Any, loss: str, *, are_probabilities: bool) -> str | None:
    """The sentence, None where a softmax, logits or one sigmoid stand at the end.

    Args:
        scores: What a network answers with, which ``classifier`` took.
        loss: What it was trained with, "" where unknown.
        are_probabilities: Whether ``shares.are_probabilities`` found them to be some.
    """
    end, is_one = end_of(scores), scores.shape[-1] == 1
    if are_probabilities:
        sum_of_all = "" if is_one else " and add up to 1"
        return (
            "the network's answers are taken for probabilities as they are: they lie in "
            f"0..1{sum_of_all} on images that were tried"
        )
    if is_one and not loss and end in LOGITS:
        return (
            "the network's one score is taken for that of label 1 against label 0; a network "
            "that gives a number, such as an age, is no classifier"
        )
    if end == "sigmoid" and not is_one:
        return (
            "each of the network's sigmoids is taken for its part of their sum, as by the "
            "loss it was trained with, which names one label an image"
        )
    if end in (*LOGITS, "sigmoid", "softmax"):
        return None
    return (
        f"the network ends in {end!r}, which makes no probabilities; the label of its "
        "largest score is taken for its answer"
    )
