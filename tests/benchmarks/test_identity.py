"""The identity benchmark: differences are counted, and no image is passed over."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from toys import ROOT

from artifacts.runtime.load import load
from benchmarks.identity.__main__ import compare
from benchmarks.identity.bench_images import read_images
from benchmarks.identity.label_commands import _labels, by_command
from build.formats.probes import probes
from repair.dataset import Dataset
from repair.reading.data_file import write_dataset


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Seven images in two files."""
    bench = tmp_path_factory.mktemp("bench")
    (bench / "data" / "b").mkdir(parents=True)
    (bench / "png").mkdir()
    pixels = probes((55, 47, 3), 7, seed=0)
    for path, part in (("a.h5", pixels[:3]), ("b/a.h5", pixels[3:])):
        data = Dataset(part, np.zeros(len(part), np.int64))
        write_dataset(bench / "data" / path, data)
    return read_images(bench / "data", bench / "png")


def test_images_are_the_same_in_every_form(images):
    assert images.pixels.shape == (7, 55, 47, 3)
    files = [np.asarray(Image.open(path)) for path, _ in images.sources["PNG"]]
    np.testing.assert_array_equal(files, images.pixels)
    assert [index for _, index in images.sources["HDF5"]] == [0, 1, 2, 0, 1, 2, 3]


def test_commands_give_the_detectors_labels(images):
    artifact = ROOT / "artifacts" / "sunglasses"
    expected = load(artifact)(images.pixels)
    paths = 0
    for _, labels in by_command(artifact, images):
        np.testing.assert_array_equal(labels, expected)
        paths += 1
    assert paths == 4


def test_missing_and_foreign_lines_are_noticed(tmp_path):
    file = tmp_path / "labels.jsonl"
    lines = [{"path": "a", "label": 3, "index": 1}, {"path": "b", "label": 4}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert _labels([file], [("b", None), ("a", 1)]).tolist() == [4, 3]
    for sources in (
        [("b", None)],
        [("b", None), ("a", 2)],
        [("b", None), ("a", 1)] * 2,
    ):
        with pytest.raises(RuntimeError, match="lines for"):
            _labels([file], sources)


def test_differences_are_counted_and_shown(capsys):
    rows = {}
    labels = np.arange(9)
    for name, last in (("one", labels), ("other", labels % 7)):
        compare(name, iter([("x", labels), ("y", last), ("z", "no z here")]), rows)
    assert list(rows.values()) == [
        {"path": "x", "images": "9", "one": "0", "other": "0"},
        {"path": "y", "images": "9", "one": "0", "other": "2"},
        {"path": "z", "images": "-", "one": "-", "other": "-"},
    ]
    said = capsys.readouterr().out
    assert "other, y: 2 of 9 differ\n  image 7: 0, not 7\n" in said
    assert "one, z: not measured. no z here" in said
