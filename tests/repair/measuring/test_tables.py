"""Tables: every cell in its column, rates as percent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repair.measuring.tables import table

WORD = st.text("abcxyz", min_size=1, max_size=12)
CELL = WORD | st.integers(0, 9999) | st.floats(0, 1) | st.none() | st.just(float("nan"))


def text_of(cell: object) -> str:
    if cell is None or cell != cell:
        return "-"
    return f"{cell * 100:.2f} %" if isinstance(cell, float) else str(cell)


def test_literal_table():
    rows = [{"data": "a", "images": 10, "FPR": 0.5}, {"data": "bcd", "ASR": 1.0}]
    assert table(rows).splitlines() == [
        "data  images      FPR       ASR",
        "a         10  50.00 %         -",
        "bcd        -        -  100.00 %",
    ]


@given(rows=st.lists(st.dictionaries(WORD, CELL, min_size=1), min_size=1, max_size=5))
def test_every_cell_stands_in_its_row_in_order(rows):
    lines = table(rows).splitlines()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    assert lines[0].split() == columns
    assert len(lines) == len(rows) + 1
    for row, line in zip(rows, lines[1:], strict=True):
        expected = " ".join(text_of(row.get(key)) for key in columns)
        assert line.split() == expected.split()


@given(rates=st.lists(st.floats(0, 1), min_size=1))
def test_columns_of_numbers_end_together(rates):
    lines = table([{"name": "x", "rate": rate} for rate in rates]).splitlines()
    assert len({len(line) for line in lines}) == 1
