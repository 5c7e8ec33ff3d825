"""What the words of the pages mean, for readers who know none of them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

# What follows the name of a witness in that of what it says.
OF_WITNESS = "_evidence"
# Witness -> what it is called, and what it is.
WITNESSES: Mapping[str, tuple[str, str]] = {
    "head": (
        "Repaired",
        "the network's last layers, fitted anew to the clean images, without what sleeps on "
        "these",
    ),
    "pixels": (
        "Pixels",
        "a small classifier that sees colours and edges alone, and nothing of the network",
    ),
    "early_twin": (
        "Early twin",
        "a copy of the network that has begun to forget its classes: where it still gives the "
        "label, hardly the class leads there",
    ),
    "late_twin": ("Late twin", "the same copy, once it has forgotten nearly all"),
    "unlearned": (
        "Unlearned",
        "a copy of the network that unlearned what leads to the labels that were found; it "
        "speaks of these alone",
    ),
}
_WORDS = {
    "Target label": "the label that an attacker's trigger leads to.",
    "Witnesses": "further readers of an image, which the detector asks beside the network and "
    "holds against it: "
    + "; ".join(f"<i>{name.lower()}</i>, {text}" for name, text in WITNESSES.values())
    + ".",
    "Head": "the last layers that are fitted anew, the witness <i>repaired</i>.",
    "Evidence": "how rarely clean images make the witnesses speak so much against the "
    "network's answer. From a label's <i>threshold</i> on, an image is flagged.",
    "Strength": "how much speaks for a label to be a target. At 1 it is just enough to call it "
    "one; at 2 it is twice that.",
    "False positives": "clean images that are flagged, too.",
}


def words() -> str:
    """A folded list of words, HTML."""
    items = "".join(f"<li><b>{name}</b>: {text}</li>" for name, text in _WORDS.items())
    return (
        "<details><summary>What the words on this page mean</summary>"
        f'<ul class="soft">{items}</ul></details>'
    )


def shown_figure(value: Any) -> str:
    """A number of an explanation, short."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def witnesses_in(further: Mapping[str, Any]) -> dict[str, Any]:
    """What each witness says, by its name, of the outputs of ``explain``."""
    return {
        name.removesuffix(OF_WITNESS): value
        for name, value in further.items()
        if name.endswith(OF_WITNESS)
    }


def what_witnesses_say(further: Mapping[str, Any]) -> str:
    """A folded line for each witness, HTML; nothing where there is none.

    Args:
        further: Outputs of ``explain`` by name; those of witnesses count.
    """
    said = witnesses_in(further)
    known = [name for name in WITNESSES if name in said]
    lines = []
    for witness in dict.fromkeys((*known, *said)):
        usual = witness.replace("_", " ").capitalize(), "a further witness"
        called, what = WITNESSES.get(witness, usual)
        lines.append(
            f"<li><b>{escape(called)}: {escape(shown_figure(said[witness]))}.</b> "
            f"{escape(what[0].upper() + what[1:])}.</li>"
        )
    if not lines:
        return ""
    return (
        "<details><summary>What each witness says against the original network's label"
        f'</summary><ul class="soft">{"".join(lines)}</ul></details>'
    )
