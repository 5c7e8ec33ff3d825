"""Groups flagged images by label and by where their heat lies: what triggers look like."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from repair.process.whole_file import write_report
from repair.report.document import document, png
from repair.report.explanation import Explained
from repair.report.explanation_page import caution, figure, heat_picture
from repair.report.heat_colours import tile

# Heat maps whose correlation is at least this lie at the same place.
_ALIKE = 0.5
_EXAMPLES = 4
# So many flagged images of one place are hardly a chance.
_MANY = 3


@dataclass
class Group:
    """Flagged images that look as if they carried the same trigger.

    Attributes:
        label: What the original network says of them.
        status: What the build believes of that label.
        local: Whether the reason is at some place in the images, or all over them.
        members: The images.
        heat: ``(rows, columns)`` float32 in [0, 1], the mean of their heat maps.
    """

    label: int
    status: str
    local: bool
    members: list[Explained]
    heat: np.ndarray

    @property
    def mean_image(self) -> np.ndarray:
        """``(rows, columns, channels)`` uint8: the trigger stays, the rest blurs."""
        return np.rint(np.mean([one.image for one in self.members], axis=0)).astype(
            np.uint8
        )


def grouped(flagged: list[Explained]) -> list[Group]:
    """The groups, the largest first.

    An image with its reason at some place joins the group of its label whose mean heat is
    most like its own, if any is alike; else it starts another. Where the reason is all over
    an image, its heat tells nothing, so those of a label are one group.
    """
    groups: list[Group] = []
    for one in flagged:
        found = one.story.heat
        if found is None:
            continue
        kind = one.story.original_label, found.local
        likeness = {
            index: _alike(group.heat, found.map) if group.local else 1.0
            for index, group in enumerate(groups)
            if (group.label, group.local) == kind
        }
        best = max(likeness, key=likeness.__getitem__, default=-1)
        if likeness.get(best, -1.0) < _ALIKE:
            groups.append(
                Group(kind[0], one.story.status, found.local, [one], found.map)
            )
            continue
        group = groups[best]
        group.members.append(one)
        group.heat = group.heat + (found.map - group.heat) / len(group.members)
    return sorted(groups, key=lambda group: -len(group.members))


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation of two heat maps, 0 where one is even."""
    a, b = one - one.mean(), other - other.mean()
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / size if size > 0 else 0.0


def write_groups(
    groups: list[Group], folder: Path, *, card: dict[str, Any], flagged: int, seen: int
) -> Path:
    """Writes ``triggers.html`` and ``triggers.json``.

    Args:
        groups: The groups.
        folder: It exists; files of these names are replaced.
        card: The artifact's card.
        flagged: How many images were flagged, grouped or not.
        seen: How many images were labelled.

    Returns:
        The page.
    """
    figures = {
        "artifact": card.get("name"),
        "num_classes": card["num_classes"],
        "stand_in": card.get("stand_in") is True,
        "images": seen,
        "flagged": flagged,
        "groups": [described(group) for group in groups],
    }
    text = json.dumps(figures, indent=1, allow_nan=False)
    page = _page(groups, card, flagged, seen)
    write_report(
        folder, {"triggers.json": f"{text}\n".encode(), "triggers.html": page.encode()}
    )
    return folder / "triggers.html"


def described(group: Group) -> dict[str, Any]:
    """A group as plain JSON values."""
    row, column = np.unravel_index(int(group.heat.argmax()), group.heat.shape)
    return {
        "label": group.label,
        "status": group.status,
        "images": len(group.members),
        "local": group.local,
        "hottest": {"row": int(row), "column": int(column)},
        "members": [
            one.name.encode("utf-8", "replace").decode() for one in group.members
        ],
    }


def _page(groups: list[Group], card: dict[str, Any], flagged: int, seen: int) -> str:
    title = f"{flagged} of {seen} images flagged"
    looked = sum(len(group.members) for group in groups)
    some = (
        f" {looked} of them were looked at, spread over all."
        if looked < flagged
        else ""
    )
    parts = [
        f'<header class="{"found" if flagged else "calm"}">',
        f'<p class="eyebrow">Triggers, as {escape(str(card.get("name", "a detector")))} '
        "sees them</p>",
        f"<h1>{title}</h1>",
        "<p>Flagged images, grouped by the label that the original network gives them and "
        f"by where the reason lies.{some} In the mean picture of a group, what all share, "
        "such as a trigger, stays sharp, and all else blurs. A small group may be "
        "clean images that were flagged by mistake.</p>",
        "</header>",
        *caution(card),
        *(_section(group) for group in groups),
        '<footer class="soft">All figures are in <code>triggers.json</code>.</footer>',
    ]
    return document(title, parts)


def _section(group: Group) -> str:
    heat = group.heat / max(float(group.heat.max()), 1e-12)
    pictures = [
        figure(png(tile(group.mean_image)), "Mean picture"),
        figure(heat_picture(group.mean_image, heat), "Mean heat"),
        *(
            figure(png(tile(one.image)), f"Example {number}")
            for number, one in enumerate(group.members[:_EXAMPLES], 1)
        ),
    ]
    status = group.status.replace("other", "not suspected")
    name = group.members[0].story.named(group.label)
    count = len(group.members)
    images = f"{count} image{'s' if count != 1 else ''}"
    said = [] if group.local else ["The reason is in no single place."]
    if group.status != "found" and group.local and len(group.members) >= _MANY:
        said.append(
            "So many images that are flagged for one label and one place are hardly a chance: "
            "if the mean picture shows what does not belong there, take this label for a "
            "target, although it was not found."
        )
    return "\n".join(
        [
            f"<section><h2>Label {escape(name)} ({status}): {images}</h2>",
            f"<p>{' '.join(said)}</p>" if said else "",
            f'<div class="row">{"".join(pictures)}</div></section>',
        ]
    )
