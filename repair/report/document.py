"""A page that needs nothing else: no script, no other file, nothing from elsewhere."""

from __future__ import annotations

import base64
import io
from html import escape

from PIL import Image

from repair.report.style import STYLE

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def document(title: str, parts: list[str]) -> str:
    """The whole page, well-formed HTML.

    Args:
        title: Plain text.
        parts: What stands in the body, HTML.
    """
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>',
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>\n</head>\n<body>",
            *parts,
            "</body>\n</html>\n",
        ]
    )


def png(picture: Image.Image) -> bytes:
    """A picture as PNG."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def image(content: bytes, text: str) -> str:
    """A PNG inside the page, and what it shows for those who cannot see it."""
    source = base64.b64encode(content).decode("ascii")
    return f'<img alt="{escape(text)}" src="data:image/png;base64,{source}"/>'
