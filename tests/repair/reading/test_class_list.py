"""Lists of class names: text or JSON, each name once, never large."""

from __future__ import annotations

import os
import unicodedata

import numpy as np
import pytest

from repair.errors import DatasetError
from repair.reading.class_folders import labels_of_folders
from repair.reading.class_list import places_of, read_class_list
from repair.reading.text_labels import numbers_or_names

NAMES = ("ant", "honey bee", "Zèbre")


@pytest.mark.parametrize(
    "text",
    [
        "ant\nhoney bee\nZèbre\n",
        "\ufeffant\r\n  honey bee \r\n\r\nZèbre",
        "0 ant\n1 honey bee\n2 Zèbre\n",
        "2: Zèbre\n0:ant\n1 : honey bee",
        "0,ant\n1,honey bee\n2,Zèbre",
        "honey bee\t1\nant\t0\nZèbre\t2\n",
        "ant, 0\nhoney bee, 1\nZèbre, 2",
        '["ant", "honey bee", "Zèbre"]',
        '{"honey bee": 1, "ant": 0, "Zèbre": 2}',
        '{"0": "ant", "2": "Zèbre", "1": "honey bee"}',
    ],
)
def test_names_are_read_in_the_order_of_labels(tmp_path, text):
    (tmp_path / "names").write_text(text, encoding="utf-8")
    assert read_class_list(tmp_path / "names") == NAMES


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_names_are_read_as_windows_writes_them(tmp_path, encoding):
    (tmp_path / "names").write_text("\r\n".join(NAMES), encoding=encoding)
    assert read_class_list(tmp_path / "names") == NAMES


@pytest.mark.parametrize(
    "lines",
    [
        ["digit 0", "digit 1"],
        ["ant,1", "bee,2"],
        ["ant,0", "bee"],
        ["1 ant", "2 bee"],
        ["0 ant", "0 bee"],
        ["0 ant", "bee"],
        ["0 ant"],
        ["3d"],
    ],
)
def test_other_numbers_are_parts_of_names(tmp_path, lines):
    (tmp_path / "names").write_text("\n".join(lines))
    assert read_class_list(tmp_path / "names") == tuple(lines)


def test_names_are_found_with_their_labels_and_without():
    assert places_of(("ant", "bee")) == {"ant": 0, "bee": 1, "0 ant": 0, "1 bee": 1}
    assert places_of(("b", "0 b")) == {"b": 0, "0 b": 1, "1 0 b": 1}


def test_a_name_is_known_however_its_accents_are_stored(tmp_path, capsys):
    """As a Mac writes folders, whatever the list was typed on."""
    names = tuple(unicodedata.normalize("NFC", name) for name in NAMES)
    apart = [unicodedata.normalize("NFD", name) for name in names]
    assert places_of(tuple(apart)) == places_of(names)
    found, told, _ = labels_of_folders(tmp_path, apart[::-1], None, names)
    assert (list(found.values()), told) == ([2, 1, 0], names)
    labels, told, named = numbers_or_names("d", np.array(apart), 3, names)
    assert (labels.tolist(), told, named) == ([0, 1, 2], names, True)
    assert capsys.readouterr().err == ""
    (tmp_path / "names").write_text(f"{names[2]}\n{apart[2]}", encoding="utf-8")
    with pytest.raises(DatasetError, match="twice"):
        read_class_list(tmp_path / "names")


@pytest.mark.parametrize("names", [None, ("ant", "Z\xe8bre")])
def test_two_spellings_of_a_name_are_no_two_classes(tmp_path, capsys, names):
    both = ["Z\xe8bre", "Ze\u0300bre", "ant", "ant "]
    with pytest.raises(DatasetError, match="twice, with its accents stored"):
        labels_of_folders(tmp_path, both[:3], None, names)
    labels, _, _ = numbers_or_names("d", np.array(both), 2, names)
    assert len(set(labels)) == 2
    assert "one class: 4 spellings of 2 names" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 names"),
        (b"ant\nbee\nant", "'ant' twice"),
        (b"x" * 201, "too many letters"),
        (b"\xff\xfe", "0 names"),
        ("Zèbre".encode("latin-1"), "not UTF-8. Save it as UTF-8"),
        (b"\xff\xfea", "not UTF-8. Save it as UTF-8"),
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
    with pytest.raises(DatasetError, match="a pipe or device"):
        read_class_list(tmp_path / "names")


def test_deep_json_is_a_line_of_text(tmp_path):
    (tmp_path / "names").write_text("[" * 150)
    assert read_class_list(tmp_path / "names") == ("[" * 150,)
