"""Charts as inline SVG; a page gives them their colours by class.

Classes: ``bar`` with ``found``, ``watched`` or ``other``; ``limit``; ``curve``; ``point``;
``axis``; ``grid``; ``value``. Text takes the colour of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

_WIDTH = 390
_ROW, _BAR = 19, 13
# Of names: the most columns, and the width of one.
_LONGEST, _LETTER = 18, 6.5
# The width of a figure behind a bar.
_FIGURE = 22


@dataclass(frozen=True)
class Bar:
    """A bar of a chart.

    Attributes:
        name: What is written before it.
        value: Its length, at least 0; it is written behind it.
        kind: ``found``, ``watched`` or ``other``.
    """

    name: str
    value: float
    kind: str


def bar_chart(bars: Sequence[Bar], limit: float, *, title: str, limit_text: str) -> str:
    """Horizontal bars and a line across them.

    Args:
        bars: From top to bottom.
        limit: Where the line stands.
        title: What the chart shows, for those who cannot see it.
        limit_text: What is written above the line.
    """
    names = [_clipped(bar.name) for bar in bars]
    left, right, top = 12 + max(map(_wide, names), default=0) * _LETTER, 40, 24
    longest = max([limit * 1.25, *(bar.value for bar in bars)])
    scale = (_WIDTH - left - right) / longest
    height = top + _ROW * len(bars) + 4
    x = left + limit * scale
    drawn, written = [], []
    for index, (bar, name) in enumerate(zip(bars, names, strict=True)):
        y = top + index * _ROW
        end = left + bar.value * scale
        middle = f"{y + _BAR - 2}"
        beside = end + 5
        if x - _FIGURE < beside < x + 5:  # where the line would strike it through
            beside = x + 5
        width = f"{max(bar.value * scale, 0.5):.1f}"
        drawn.append(
            f'<rect class="bar {escape(bar.kind)}" x="{left}" y="{y}" rx="2" '
            f'width="{width}" height="{_BAR}"/>'
        )
        written += [
            _text(left - 6, middle, name, "end"),
            _text(f"{beside:.1f}", middle, f"{bar.value:.1f}", "start", "value"),
        ]
    anchor = "start" if x < _WIDTH / 2 else "end"
    aside = -4 if anchor == "start" else 4
    line = f'<path class="limit" d="M{x:.1f} {top - 6}V{height - 2}"/>'
    caption = _text(f"{x + aside:.1f}", top - 11, limit_text, anchor, "limit-text")
    return _svg(height, title, [*drawn, line, *written, caption])


@dataclass(frozen=True)
class Axis:
    """An axis of a chart.

    Attributes:
        low: Where it begins.
        high: Where it ends, above ``low``.
        marks: Values on it, each with what is written there.
        text: Its name.
    """

    low: float
    high: float
    marks: Sequence[tuple[float, str]]
    text: str

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value stands between two ends; outside it, at the nearer one."""
        share = (value - self.low) / (self.high - self.low)
        return start + (end - start) * min(max(share, 0), 1)


def line_chart(shares: Sequence[float], *, title: str, x_text: str, y_text: str) -> str:
    """A curve of shares in [0, 1] over 0, 1, 2, ...

    Args:
        shares: At least one.
        title: What the chart shows, for those who cannot see it.
        x_text: Name of the horizontal axis.
        y_text: Name of the vertical axis, written above it.
    """
    last = max(len(shares) - 1, 1)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 1000) if last / s <= 8 or s > 100)
    across = Axis(0, last, [(x, str(x)) for x in range(0, last + 1, step)], x_text)
    up = Axis(0, 1, [(y, f"{y:.0%}") for y in (0, 0.25, 0.5, 0.75, 1)], y_text)
    return curve_chart(list(enumerate(shares)), across, up, title=title)


def curve_chart(
    points: Sequence[tuple[float, float]],
    across: Axis,
    up: Axis,
    *,
    title: str,
    mark: tuple[float, float, str] | None = None,
) -> str:
    """A curve, and a point on it that is marked, with what is written beside it."""
    left, right, top, height = 42, 14, 26, 236
    bottom = height - 42

    def place(x: float, y: float) -> tuple[float, float]:
        return across.place(x, left, _WIDTH - right), up.place(y, bottom, top)

    parts = []
    for value, text in up.marks:
        _, y = place(across.low, value)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}H{_WIDTH - right}"/>')
        parts.append(_text(left - 6, f"{y + 4:.1f}", text, "end"))
    for value, text in across.marks:
        x, _ = place(value, up.low)
        parts.append(f'<path class="axis" d="M{x:.1f} {bottom}v5"/>')
        parts.append(_text(f"{x:.1f}", bottom + 18, text, "middle"))
    parts.append(f'<path class="axis" d="M{left} {bottom}H{_WIDTH - right}"/>')
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
    parts.append(f'<polyline class="curve" points="{drawn}"/>')
    parts.append(_text((left + _WIDTH - right) // 2, height - 6, across.text, "middle"))
    parts.append(_text(6, 14, up.text, "start"))
    if mark is not None:
        x, y = place(*mark[:2])
        parts.append(f'<path class="limit" d="M{x:.1f} {bottom}V{top}"/>')
        parts.append(f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        parts.append(_text(f"{x + 8:.1f}", f"{y - 9:.1f}", mark[2], "start"))
    return _svg(height, title, parts)


def _wide(text: str) -> int:
    """Columns that a text takes: letters of East Asia take two."""
    return sum(1 + (east_asian_width(letter) in "WF") for letter in text)


def _clipped(name: str) -> str:
    """A name, its end cut off if it is long."""
    if _wide(name) <= _LONGEST:
        return name
    while _wide(name) >= _LONGEST:
        name = name[:-1]
    return f"{name.rstrip()}\u2026"


def _svg(height: int, title: str, parts: list[str]) -> str:
    name = escape(title)
    start = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{name}">'
    return "\n".join([start, *parts, "</svg>"])


def _text(
    x: float | str, y: float | str, text: str, anchor: str, kind: str = "name"
) -> str:
    return (
        f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )
