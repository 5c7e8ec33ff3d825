"""The page of explanations: a section for each image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from artifacts.why.sentences import caption, sentence
from artifacts.why.story import STAND_IN, Story
from repair.metrics import with_range
from repair.report.document import document, image, png
from repair.report.heat_colours import heat_over, tile
from repair.report.words import (
    HOW_HEAT,
    HOW_WITNESSES,
    OF_WITNESS,
    shown_figure,
    what_witnesses_say,
    witnesses_in,
)

# More clean images than any card tells of.
_MOST_IMAGES = 10**7


@dataclass(frozen=True)
class Shown:
    """What a section shows.

    Attributes:
        name: Where the image is from.
        image: ``(rows, columns, channels)`` uint8.
        story: What was said of it.
        nearest: Label and image of clean images like it.
    """

    name: str
    image: np.ndarray
    story: Story
    nearest: list[tuple[int, np.ndarray]]


def explanation_page(
    shown: list[Shown], card: Mapping[str, Any], left_out: int, flagged: int
) -> str:
    """The page, well-formed HTML.

    Args:
        shown: The images, at least one; those that are flagged come first.
        card: The artifact's card.
        left_out: How many images more were given.
        flagged: How many of all are flagged.
    """
    shown = sorted(shown, key=lambda one: not one.story.flagged)
    every, twin = len(shown) + left_out, card.get("settings", {}).get("twin")
    title = f"{flagged} of {every} flagged as poisoned"
    if every == 1:
        title = (
            "Poisoned"
            if flagged
            else f"Class {shown[0].story.named(shown[0].story.label)}"
        )
    more = f" {left_out} further images were not explained." if left_out else ""
    heard = any(witnesses_in(one.story.further) for one in shown)
    or_witnesses = ", or the witnesses both of them," if heard else ""
    look = "calm" if not flagged else "found" if 2 * flagged >= every else "unsure"
    parts = [
        f'<header class="{look}">',
        f'<p class="eyebrow">Explained by {escape(str(card.get("name", "a detector")))}</p>',
        f"<h1>{escape(title)}</h1>",
        "<p>The detector asks two networks: the original one, which may be backdoored, and "
        f"a repaired one. Where they contradict each other{or_witnesses} it answers "
        f"{card['num_classes']}, poisoned.{_expected(card)}{more}</p>",
        "</header>",
        *caution(card),
        _overview(shown) if len(shown) > 1 else "",
        *(_section(turn, one, twin) for turn, one in enumerate(shown)),
        HOW_WITNESSES if heard else "",
        HOW_HEAT if flagged else "",
        '<footer class="soft">All figures are in <code>explain.json</code>.</footer>',
    ]
    return document(f"{title}: {card.get('name', 'a detector')}", parts)


def caution(card: Mapping[str, Any]) -> list[str]:
    """A warning where the artifact is a stand-in."""
    return (
        [f'<p class="caution">{STAND_IN}</p>'] if card.get("stand_in") is True else []
    )


def figure(content: bytes, text: str) -> str:
    """A picture of a row, with a caption."""
    return f"<figure>{image(content, text)}<figcaption>{escape(text)}</figcaption></figure>"


def heat_picture(pixels: np.ndarray, share: np.ndarray) -> bytes:
    """The heat over the picture, as PNG."""
    return png(tile(heat_over(pixels.mean(axis=2), share)))


def _expected(card: Mapping[str, Any]) -> str:
    """How many clean images it flags, too."""
    share = card.get("estimated_false_positive_rate")
    images = card.get("settings", {}).get("clean_images")
    known = type(images) is int and 0 < images < _MOST_IMAGES
    if share is None and known:
        return " Of how many clean images it does so is not estimated: too few images."
    if not isinstance(share, float) or not 0 <= share <= 1:
        return ""
    rate = with_range(share, images) if known else f"{share:.1%}"
    return f" It does so of about {rate} of clean images, too."


def _overview(shown: list[Shown]) -> str:
    """All images small, each a link to its section."""
    links = []
    for turn, one in enumerate(shown):
        look = "found" if one.story.flagged else "calm"
        link = (
            f'<a class="{look}" href="#image-{turn}" title="{escape(_text(one.name))}">'
        )
        small = image(png(tile(one.image, 64)), _answer(one.story))
        links.append(f"{link}{small}</a>")
    return f'<nav class="overview">{"".join(links)}</nav>'


def _section(turn: int, one: Shown, twin: Any) -> str:
    told = one.story
    pictures = [figure(png(tile(one.image)), "The image")]
    if told.heat is not None:
        text = caption(told.heat).capitalize()
        pictures.append(figure(heat_picture(one.image, told.heat.map), text))
    for label, nearest in one.nearest:
        said = "original's" if label == told.original_label else "repaired network's"
        pictures.append(
            figure(
                png(tile(nearest)), f"Clean, of the {said} class {told.named(label)}"
            )
        )
    return "\n".join(
        [
            f'<section id="image-{turn}"><h2>{escape(_text(one.name))}</h2>',
            f"<p>{escape(sentence(told))}</p>",
            f'<div class="row">{"".join(pictures)}</div>',
            f"<dl>{_facts(told)}</dl>{what_witnesses_say(told.further, twin)}</section>",
        ]
    )


def _text(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _answer(told: Story) -> str:
    return f"{told.label} (N)" if told.flagged else f"class {told.named(told.label)}"


def _facts(told: Story) -> str:
    facts = {
        "Answer": _answer(told),
        "Original says": f"{told.named(told.original_label)}, {told.original_confidence:.1%}",
        "Repaired says": f"{told.named(told.repaired_label)}, {told.repaired_confidence:.1%}",
        f"Label {told.original_label} is": told.status.replace(
            "other", "not suspected"
        ),
    }
    for name, value in told.further.items():
        if name.endswith(OF_WITNESS):
            continue
        text = shown_figure(value)
        if name == "evidence" and told.threshold is not None:
            text += f", flagged from {told.threshold:.3g} on"
        facts[name.replace("_", " ").capitalize()] = text
    if told.heat is not None:
        other = "a" if told.repaired_label == told.original_label else "another"
        facts[f"Turned into {other} class"] = (
            f"by {told.heat.turned} of {told.heat.variants} hidings"
        )
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"
        for name, text in facts.items()
    )
