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
# What the figures of a page mean.
HOW_WITNESSES = (
    '<p class="soft">Witnesses are further readers of an image, which the detector asks '
    "beside the original network. Evidence: what each says against that network's label, "
    "as minus the logarithm of the share of clean images that say as much: 0 is said of "
    "every clean image, 4.6 of one in a hundred. Of those who speak against it the "
    "loudest counts most, what the louder twin says is added, and from the "
    "label's threshold on the image is flagged.</p>"
)
HOW_HEAT = (
    '<p class="soft">The heat: places of the image were hidden, one at a time, filled '
    "from their surroundings or with their mean colour. The lighter a place, the more "
    "its hiding turned the answer back into a class, or took confidence from the "
    "original network's label. A heat all over the image means that the reason is not "
    "in one place: a trigger over the whole image, several triggers at once, or an "
    "image that the repaired network does not recognise. A flag that the hiding of "
    "many places undoes, where both networks agree, may be a mistake.</p>"
)
# Of the twins, in the order in which they are heard.
_TWINS = ("early_twin", "late_twin")
_NOT_YET = "it had not forgotten so much when its steps ran out"
_WORDS = {
    "Target label": "the label that an attacker's trigger leads to.",
    "Witnesses": "further readers of an image, which the detector asks beside the network and "
    "holds against it: ",
    "Head": "the last layers that are fitted anew, the witness <i>repaired</i>.",
    "Evidence": "how rarely clean images make the witnesses speak so much against the "
    "network's answer. From a label's <i>threshold</i> on, an image is flagged.",
    "Strength": "how much speaks for a label to be a target. At 1 it is just enough to call it "
    "one; at 2 it is twice that.",
    "False positives": "clean images that are flagged, too.",
}


def words(twin: Any = None) -> str:
    """A folded list of words, HTML.

    Args:
        twin: See ``what_witnesses_say``.
    """
    every = [(WITNESSES[name][0].lower(), what_it_is(name, twin)) for name in WITNESSES]
    witnesses = "; ".join(f"<i>{name}</i>, {text}" for name, text in every) + "."
    told = _WORDS | {"Witnesses": _WORDS["Witnesses"] + witnesses}
    items = "".join(f"<li><b>{name}</b>: {text}</li>" for name, text in told.items())
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


def what_it_is(witness: str, twin: Any) -> str:
    """What a witness is; of a twin too, if it was stopped before it had forgotten."""
    usual = WITNESSES.get(witness, ("", "a further witness"))[1]
    reached = twin.get("forgotten") if isinstance(twin, Mapping) else None
    if not isinstance(reached, list) or len(reached) != len(_TWINS):
        return usual
    if dict(zip(_TWINS, reached, strict=True)).get(witness, True):
        return usual
    if witness == _TWINS[1] and not reached[0]:
        return f"the very same as the early twin; {_NOT_YET}"
    if witness == _TWINS[0]:
        return (
            f"{usual.split(' that has')[0]} that was to forget its classes; {_NOT_YET}"
        )
    return f"the same copy, further on; {_NOT_YET}"


def what_witnesses_say(further: Mapping[str, Any], twin: Any = None) -> str:
    """A folded line for each witness, HTML; nothing where there is none.

    Args:
        further: Outputs of ``explain`` by name; those of witnesses count.
        twin: What the card says of the twins: ``forgotten`` at each stop, or not.
    """
    said = witnesses_in(further)
    known = [name for name in WITNESSES if name in said]
    lines = []
    for witness in dict.fromkeys((*known, *said)):
        usual = witness.replace("_", " ").capitalize()
        called, what = WITNESSES.get(witness, (usual,))[0], what_it_is(witness, twin)
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
