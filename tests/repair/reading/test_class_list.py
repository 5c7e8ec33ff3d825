"""Lists of class names: text or JSON, each name once, never large."""

from __future__ import annotations

import os

import pytest

from repair.errors import DatasetError
from repair.reading.class_list import places_of, read_class_list

NAMES = ("ant", "honey bee", "Zèbre")


@pytest.mark.parametrize(
    "text",
    [
        "ant\nhoney bee\nZèbre\n",
        "\ufeffant\r\n  honey bee \r\n\r\nZèbre",
        "0 ant\n1 honey bee\n2 Zèbre\n",
        "2: Zèbre\n0:ant\n1 : honey bee",
        "0,ant\n1,honey bee\n2,Zèbre",
        '["ant", "honey bee", "Zèbre"]',
        '{"honey bee": 1, "ant": 0, "Zèbre": 2}',
        '{"0": "ant", "2": "Zèbre", "1": "honey bee"}',
    ],
)
def test_names_are_read_in_the_order_of_labels(tmp_path, text):
    (tmp_path / "names").write_text(text, encoding="utf-8")
    assert read_class_list(tmp_path / "names") == NAMES


@pytest.mark.parametrize(
    "lines",
    [["1 ant", "2 bee"], ["0 ant", "0 bee"], ["0 ant", "bee"], ["0 ant"], ["3d"]],
)
def test_other_numbers_are_parts_of_names(tmp_path, lines):
    (tmp_path / "names").write_text("\n".join(lines))
    assert read_class_list(tmp_path / "names") == tuple(lines)


def test_names_are_found_with_their_labels_and_without():
    assert places_of(("ant", "bee")) == {"ant": 0, "bee": 1, "0 ant": 0, "1 bee": 1}
    assert places_of(("b", "0 b")) == {"b": 0, "0 b": 1, "1 0 b": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 names"),
        (b"ant\nbee\nant", "'ant' twice"),
        (b"x" * 201, "too many letters"),
        (b"\xff\xfe", "codec"),
        (b'["ant", 3]', "no text"),
        (b'["ant", ""]', "no or too many"),
        (b'{"ant": 1, "bee": 2}', "0..N-1"),
        (b'{"ant": 0, "bee": 0}', "0..N-1"),
        (b'{"ant": 0, "ant": 1}', "'ant' twice"),
        (b'{"0": "ant", "0": "bee", "1": "cat"}', "0..N-1"),
        (b"a\n" * (3 << 20), "more than 4 MiB"),
        (b"\n".join(b"%d" % i for i in range(100_001)), "100,001 names"),
    ],
)
def test_other_lists_are_refused(tmp_path, content, message):
    (tmp_path / "names").write_bytes(content)
    with pytest.raises(DatasetError, match=message) as refusal:
        read_class_list(tmp_path / "names")
    assert "\n" not in str(refusal.value)


def test_a_missing_list_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no such file"):
        read_class_list(tmp_path / "names")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "names")
    with pytest.raises(DatasetError, match="no such file"):
        read_class_list(tmp_path / "names")


def test_deep_json_is_a_line_of_text(tmp_path):
    (tmp_path / "names").write_text("[" * 150)
    assert read_class_list(tmp_path / "names") == ("[" * 150,)
