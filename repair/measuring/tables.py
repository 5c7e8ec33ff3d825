"""Plain tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from artifacts.errors import printable

Cell = str | int | float | None


def table(rows: Sequence[Mapping[str, Cell]]) -> str:
    """Aligned columns, one per key, in order of first appearance.

    Floats are rates in [0, 1] and are shown as percent with two decimals; None and NaN
    as a dash.
    """
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns] + [[_text(row.get(key)) for key in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    numeric = [
        any(isinstance(row.get(key), (int, float)) for row in rows) for key in columns
    ]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in cells
    ]
    return "\n".join(lines)


def _text(cell: Cell) -> str:
    if cell is None or cell != cell:
        return "-"
    return f"{100 * cell:.2f} %" if isinstance(cell, float) else printable(str(cell))
