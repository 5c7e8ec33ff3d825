"""A local page to try a detector: drop images, see label, story and heat."""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifacts.errors import DetectorError
from artifacts.names import names_on, quoted
from artifacts.packages import need
from artifacts.reading.images import read_image
from artifacts.why.asking import Explainer
from artifacts.why.sentences import caption, sentence
from artifacts.why.story import STAND_IN, story
from repair.commands.explain import opened
from repair.measuring.tables import Cell
from repair.process.notice import say
from repair.report.heat_colours import heat_over, tile

LOOPBACK = "127.0.0.1"
# An upload is refused from this size on, before any of it is read.
_MOST_BYTES = "32mb"
_MOST_IMAGES = 16
# So many classes are named.
_NAMED = 20
# As many pictures in a row as the page is wide for, whole captions.
_STYLE = """
#shown .grid-wrap { min-height: 0; padding-top: 2.2rem; }
#shown .grid-container { grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); }
#shown .thumbnail-lg { aspect-ratio: auto; max-width: 12rem; display: flex;
  flex-direction: column; }
#shown .thumbnail-lg img { height: auto; image-rendering: pixelated; }
#shown .caption-label { position: static; white-space: normal; max-width: 100%;
  overflow-wrap: anywhere; }
"""

Picture = tuple[Any, str]


def page(arguments: argparse.Namespace) -> list[dict[str, Cell]]:
    """Serves the page to this machine alone, until it is interrupted.

    Raises:
        InputError: If gradio is not installed.
    """
    need("page", "page", "gradio")
    detector = opened(arguments.artifact)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    address = f"http://{LOOPBACK}:{arguments.port}"
    say(f"{address} shows the page on this machine alone; Ctrl-C ends it.")
    with tempfile.TemporaryDirectory() as kept:  # nothing of an upload outlives this
        os.environ["GRADIO_TEMP_DIR"] = kept
        blocks = _interface(detector)
        blocks.launch(
            server_name=LOOPBACK,
            server_port=arguments.port,
            share=False,
            max_file_size=_MOST_BYTES,
            show_error=True,
            quiet=True,
            theme=_theme(),
            css=_STYLE,
            footer_links=[],
            inbrowser=not arguments.no_browser,
            prevent_thread_lock=True,  # it would take Ctrl-C for an end like any other
        )
        try:
            threading.Event().wait()
        finally:
            blocks.close(verbose=False)
    return []


def _interface(detector: Explainer) -> Any:
    import gradio

    rows, columns, _ = detector.size
    name = str(detector.card.get("name", "a detector"))

    def answer(paths: list[str] | None) -> tuple[str, list[Picture]]:
        return told(detector, paths or [])

    title = f"Is an image poisoned? Ask {_plain(name)}"
    with gradio.Blocks(title=title, delete_cache=(60, 60)) as blocks:
        gradio.Markdown(
            f"# {title}\nDrop PNG or JPEG images; others than {columns} x {rows} pixels are "
            f"resized. {answers_of(detector.card)}"
        )
        if detector.card.get("stand_in") is True:
            gradio.Markdown(f"**{STAND_IN}**")
        files = gradio.File(
            label="Images", file_count="multiple", file_types=[".png", ".jpg", ".jpeg"]
        )
        words = gradio.Markdown()
        gallery = gradio.Gallery(
            label="The images, and where the reason lies",
            elem_id="shown",
            object_fit="contain",
            height="auto",
        )
        files.change(answer, files, [words, gallery], api_name="explain")
    return blocks


def answers_of(card: Mapping[str, Any]) -> str:
    """What a detector may answer, in a sentence of Markdown."""
    count, names = int(card["num_classes"]), names_on(card)
    if names is None:
        return f"The answer is a class, 0 to {count - 1}, or {count}: poisoned."
    listed = ", ".join(_plain(quoted(label, names)) for label in range(count)[:_NAMED])
    more = f" and {count - _NAMED:,} more" if count > _NAMED else ""
    return f"The answer is a class, or {count}: poisoned. The classes: {listed}{more}."


def _theme() -> Any:
    """Fonts of this machine: the page asks nobody else for any."""
    import gradio

    return gradio.themes.Default(
        font=["system-ui", "sans-serif"], font_mono=["monospace"]
    )


def told(detector: Explainer, paths: list[str]) -> tuple[str, list[Picture]]:
    """What is said of uploads, as Markdown, and their pictures, each with a caption.

    Args:
        detector: Who is asked.
        paths: Files; they are read as any image file of a stranger's is.
    """
    lines: list[str] = []
    pictures: list[Picture] = []
    if len(paths) > _MOST_IMAGES:
        lines.append(f"The first {_MOST_IMAGES} of {len(paths)} images:")
    for path in paths[:_MOST_IMAGES]:
        name = Path(path).name
        try:
            pixels = read_image(Path(path), detector.size, resize=True)
        except DetectorError as reason:
            lines.append(
                f"- `{_plain(name)}`: {_plain(str(reason).split(': ', 1)[-1])}"
            )
            continue
        found = story(detector, pixels, detector.card)
        lines.append(f"- `{_plain(name)}`: {_plain(sentence(found))}")
        answer = "poisoned" if found.flagged else f"class {found.named(found.label)}"
        pictures.append((tile(pixels), _plain(f"{name}: {answer}")))
        if found.heat is not None:
            heat = heat_over(pixels.mean(axis=2), found.heat.map)
            pictures.append((tile(heat), caption(found.heat)))
    return "\n".join(lines), pictures


def _plain(text: str) -> str:
    """Text that is no Markdown and no HTML."""
    return "".join(c if c.isalnum() or c in " .,:;-_()%'\"" else "?" for c in text)
