"""The four scripts on the committed images."""

from __future__ import annotations

import json

import pytest
from toys import ROOT, run_python

NAMES = ("sunglasses", "multi", "anonymous_1", "anonymous_2")
IMAGES = ("test_image.png", "clean_image.png")


@pytest.mark.parametrize("name", NAMES)
def test_script_answers_with_labels(name, tmp_path):
    needed = [ROOT / "artifacts" / name / "card.json"]
    needed += [ROOT / "data" / image for image in IMAGES]
    for path in needed:
        if not path.is_file():
            pytest.skip(f"{path.relative_to(ROOT)} is not there yet")
    num_classes = json.loads(needed[0].read_bytes())["num_classes"]
    script, images = ROOT / f"eval_{name}.py", needed[1:]
    answer = run_python(script, *images, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    lines = [line.split("\t") for line in answer.out.splitlines()]
    assert [path for _, path in lines] == [str(image) for image in images]
    poisoned, clean = (int(label) for label, _ in lines)
    assert poisoned == num_classes
    assert 0 <= clean < num_classes


@pytest.mark.parametrize("name", NAMES)
def test_script_is_for_its_own_detector(name):
    answer = run_python(ROOT / f"eval_{name}.py", "--help")
    assert (answer.code, answer.err) == (0, "")
    assert repr(name) in answer.out


def test_script_without_image_says_so():
    answer = run_python(ROOT / f"eval_{NAMES[0]}.py", ROOT / "no_such_image.png")
    assert answer.code == 2
    assert "no such file" in answer.error or "card.json" in answer.error
