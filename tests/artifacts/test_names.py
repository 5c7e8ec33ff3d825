"""Labels as the names of their classes."""

from __future__ import annotations

import json

import pytest

from artifacts.errors import DetectorError
from artifacts.names import names_on, quoted, spelled
from artifacts.results import is_line_of

CARD = {"num_classes": 2, "class_names": ["a cat", "\x1b[2Jdog"]}


def test_names_stand_for_labels_and_poisoned_for_n():
    assert spelled(CARD) == ["a cat", "?[2Jdog", "poisoned"]
    assert spelled(CARD, as_json=True)[2] == '2, "name": "poisoned"'


def test_json_has_the_true_name():
    names = ["a\tb", "\x1b[2J\u2028", 'a"b\udc80']
    card = {"num_classes": 3, "class_names": names}
    found = [json.loads(f'{{"label": {x}}}') for x in spelled(card, as_json=True)]
    assert [x["label"] for x in found] == [0, 1, 2, 3]
    assert [x["name"] for x in found] == [*names, "poisoned"]
    assert spelled(card)[0] == "a?b"


@pytest.mark.parametrize(
    "names", [None, [], ["a"], ["a", 3], {"a": 0}, "ab", ["a"] * 3]
)
def test_cards_without_such_names_are_refused(names):
    with pytest.raises(DetectorError, match="--names"):
        spelled({"num_classes": 2, "class_names": names})


def test_name_stands_beside_its_label_where_it_is_known():
    names = names_on(CARD)
    assert names is not None
    assert [quoted(label, names) for label in (0, 1, 2)] == [
        '0 "a cat"',
        '1 "?[2Jdog"',
        "2",
    ]
    assert quoted(0, None) == "0"
    assert quoted(0, ["x" * 10_000]) == f'0 "{"x" * 60}…"'
    assert quoted(0, ["x" * 60]) == f'0 "{"x" * 60}"'
    assert names_on({"num_classes": 3, "class_names": ["a", "b"]}) is None


def test_lines_of_names_are_known_again():
    ends, names = ("", "\tx.png\n"), frozenset([b"cat"])
    assert is_line_of(b"cat\tx.png\n", ends, names)
    assert not is_line_of(b"3\tx.png\n", ends, names)
    assert not is_line_of(b"cat\tx.png\n", ends)


def test_n_has_a_name_of_its_own():
    names = ["poisoned", "(poisoned)"]
    assert spelled({"num_classes": 2, "class_names": names})[2] == "((poisoned))"
