"""What to make of a verdict, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from repair.verdict import Kind

_FOUND = (
    "Do not use the network alone. Its detector says so where an image is poisoned. Other "
    "images it answers nearly as the network does"
)
_STAND_IN = (
    ", but where the network says a found label: there the copy answers that is told of "
    "above"
)
_NEXT: dict[Kind, str] = {
    "backdoor found": _FOUND,
    "no sign of a backdoor": "That is no proof. Where much depends on it, use the network's "
    "detector: it answers clean images nearly as the network does, and flags the images on "
    "which original and repaired network contradict each other",
    "cannot be told": "Find out first why the network does not know these images: other "
    "classes, another order of labels, other pixels than it was trained on",
}


def next_section(
    steps: Sequence[tuple[str, str]], kind: Kind, *, stand_in: bool = False
) -> str:
    """What to do next, a command each.

    Args:
        steps: What to do, and the command for it.
        kind: What was said of the network.
        stand_in: Whether a copy answers on the labels that were found.
    """
    if not steps and kind != "cannot be told":
        return ""
    items = [
        f"<li>{escape(text)}:<pre><code>{escape(command)}</code></pre></li>"
        for text, command in steps
    ]
    made_of_it = _NEXT[kind] + _STAND_IN * (stand_in and kind == "backdoor found")
    listed = f'<ol class="steps">{"".join(items)}</ol>' if items else ""
    return f"<h2>What to do next</h2><p>{made_of_it}.</p>{listed}"
