"""Inspections: figures that add up, a page that needs nothing else, hostile names."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image
from schemas import hold
from toys import PEOPLE, SCALE, SHAPE, TARGET, run_python

from repair import reasons
from repair.dataset import Dataset
from repair.methods.witnesses import method
from repair.methods.witnesses.head.features import tap
from repair.methods.witnesses.head.moments import Moments
from repair.methods.witnesses.looks import disturbed, observations
from repair.methods.witnesses.looks.disturbances import FAMILIES, SHAPES
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import recipe_for
from repair.methods.witnesses.suspicion.filters import ColourFilter
from repair.methods.witnesses.suspicion.leading import Led
from repair.methods.witnesses.suspicion.patterns import Pattern
from repair.methods.witnesses.suspicion.seeking import Sought
from repair.metrics import with_range
from repair.network.cut import LAST_SPATIAL
from repair.network.find_preprocessing import Found
from repair.network.preprocessing import Preprocessing
from repair.reading.case import Case
from repair.report.files import report, write_inspection
from repair.report.gallery import SHOWN, galleries, picture
from repair.report.inspection import Inspection, inspect_network, pictured
from repair.report.page import page
from repair.settings import Settings

RECIPE = replace(recipe_for(PEOPLE, 200), jittered=800, disturbed=2500, most_steps=40)
HOSTILE = "<img src=x onerror='alert(1)'>&\"\udcff.h5"


def deaf(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    assert len(images) == len(labels)
    return np.full((len(images), 1), 7, np.float32)


def patch_counts(patch: pytest.MonkeyPatch) -> None:
    """So few images that a test is quick; three chunks, the last one short."""
    patch.setattr(method, "recipe_for", lambda *_: RECIPE)
    patch.setattr(disturbed, "_CHUNK", 1000)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    patch_counts(monkeypatch)


@pytest.fixture(scope="module")
def inspected(badnet: keras.Model, clean: Dataset) -> Inspection:
    """The toy BadNet under a hostile name; labels are marked by hand (see below)."""
    with pytest.MonkeyPatch.context() as patch:
        patch_counts(patch)
        case = Case(badnet, clean, Found(Preprocessing("255", (SCALE,))))
        return inspect_network(HOSTILE, case, Settings(), unlabelled=False)


def marked(
    inspected: Inspection, *, found: tuple[int, ...] = (), watched: tuple[int, ...] = ()
) -> Inspection:
    """The inspection as if exactly these labels were found or watched."""
    suspicion = np.linspace(0.1, 0.5, PEOPLE)
    suspicion[list(watched)] += 1
    suspicion[list(found)] += 3
    findings = replace(
        inspected.findings,
        strength=np.where(np.isin(np.arange(PEOPLE), found), 3.0, 0.2),
        carried=dict.fromkeys(found, 0.4),
        suspicion=suspicion,
        thresholds=(6 - suspicion).astype(np.float32),
    )
    heard = replace(inspected.heard, findings=findings)
    with pytest.MonkeyPatch.context() as patch:
        patch_counts(patch)
        shown = galleries(heard, [*found, *watched])
    return replace(inspected, heard=heard, galleries=shown)


def written(inspection: Inspection, folder: Path) -> tuple[ET.Element, str, dict]:
    """The page as a tree and as text, and the figures."""
    text = write_inspection(inspection, folder).read_text("utf-8")
    figures = json.loads((folder / "inspect.json").read_text("utf-8"))
    body = text.removeprefix("<!DOCTYPE html>\n")
    return ET.fromstring(body), text, figures  # noqa: S314


def test_evidence_adds_up_to_the_telling_images(inspected):
    assert len(inspected.evidence) == len(RECIPE.evidence)
    total = inspected.evidence.sum(axis=0)
    np.testing.assert_array_equal(total, inspected.findings.counts)


def test_weights_count_only_changed_answers_and_no_noise(inspected):
    looks, weights = inspected.heard.disturbed, inspected.heard.weights
    told = weights > 0
    assert told.any()
    assert (looks.families[told] != list(FAMILIES).index("noise")).all()
    assert inspected.heard.telling[told].all()
    assert (weights[told] <= np.exp(-looks.changes[told] / RECIPE.much) + 1e-6).all()


def test_disturbed_images_are_made_again_as_they_were(few, badnet, clean, monkeypatch):
    kept = []
    disturb = disturbed.disturb

    def spy(images, generator):
        answer = disturb(images, generator)
        kept.append((images, answer[0]))
        return answer

    monkeypatch.setattr(disturbed, "disturb", spy)
    observer = Observer(badnet, {"head": tap(badnet, "conv_3", 2048)})
    generator = np.random.default_rng(3)
    seen = observations.observe(observer, clean, PEOPLE, RECIPE, generator, deaf)
    assert isinstance(seen.disturbed_moments["head"][0], Moments)
    changed = seen.disturbed.labels != seen.answers[seen.disturbed.source]
    np.testing.assert_array_equal(seen.disturbed.obedience[:, 0] == 7, changed)
    before, after = (np.concatenate(part) for part in zip(*kept, strict=True))
    state = generator.bit_generator.state
    chosen = np.array([2499, 0, 999, 1000, 17])
    for _ in range(2):  # a second time too: nothing is used up
        again = disturbed.made_again(clean, seen.disturbed, chosen)
        np.testing.assert_array_equal(again[0], before[chosen])
        np.testing.assert_array_equal(again[1], after[chosen])
    assert generator.bit_generator.state == state
    labels = observer(after[chosen]).labels
    np.testing.assert_array_equal(labels, seen.disturbed.labels[chosen])


def test_a_pattern_is_shown_where_it_leads_surely_and_told_of_where_it_was_sought(
    inspected, tmp_path
):
    change = np.zeros(SHAPE, np.float32)
    change[0, 0] = 90
    weak = Pattern(change, change, Led(worked=0.4, strength=0.5))
    sure = replace(weak, led=Led(worked=0.97, strength=2.0))
    for patterns in ({}, {TARGET: weak}, {TARGET: sure}):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        told = marked(inspected, found=(TARGET,))
        findings = replace(told.findings, sought=Sought(patterns))
        told = replace(told, heard=replace(told.heard, findings=findings))
        _, text, figures = written(told, folder)
        shown = folder / f"pattern_{TARGET}.png"
        assert (
            shown.exists()
            == ("leads 97% of the" in text)
            == (sure in patterns.values())
        )
        assert ("a faint pattern was sought" in text) == bool(patterns)
        assert ("a faint pattern leads any image" in text) == bool(patterns)
        (row,) = [row for row in figures["labels"] if row["label"] == TARGET]
        expected = patterns[TARGET].led.worked if patterns else None
        assert row["pattern_works_on"] == expected
    with Image.open(shown) as sheet:
        assert sheet.size[0] > 3 * sheet.size[1] * SHAPE[1] // SHAPE[0]


def test_a_filter_is_shown_where_it_leads_surely(inspected, tmp_path):
    colours = np.float32([[0, 0, 0], [1, 1, 1], [0, 0, 0], [9, 0, 0]])
    weak = ColourFilter(colours, Led(worked=0.5, strength=0.9))
    sure = replace(weak, led=Led(worked=0.93, strength=1.2))
    told = marked(inspected, found=(TARGET,))
    for one in (weak, sure):
        folder = tmp_path / str(one.led.worked)
        folder.mkdir()
        findings = replace(told.findings, sought=Sought({}, {TARGET: one}))
        shown = replace(told, heard=replace(told.heard, findings=findings))
        _, text, figures = written(shown, folder)
        assert (folder / f"filter_{TARGET}.png").exists() == (one is sure)
        assert ("leads 93% of the" in text) == (one is sure)
        assert "a colour filter leads any image" in text
        assert "a faint pattern" not in text.split("Suspicion</h2>")[0]
        (row,) = [row for row in figures["labels"] if row["label"] == TARGET]
        assert row["filter_works_on"] == one.led.worked
        assert row["pattern_works_on"] is None


def test_galleries_show_the_most_convincing_of_different_images(inspected):
    fresh = inspected.heard
    labels = [int(np.argmax(fresh.findings.suspicion))]
    with pytest.MonkeyPatch.context() as patch:
        patch_counts(patch)
        (one,) = galleries(fresh, labels)
    assert 0 < len(one.examples) <= SHOWN
    assert one.images.shape == (len(one.examples), *SHAPE)
    assert (fresh.disturbed.labels[one.examples] == one.label).all()
    assert (np.diff(fresh.weights[one.examples]) <= 0).all()
    assert fresh.weights[one.examples].min() > 0
    sources = fresh.disturbed.source[one.examples]
    assert len(set(sources)) == len(sources)
    best = fresh.weights[fresh.disturbed.labels == one.label].max()
    assert fresh.weights[one.examples[0]] == best
    assert one.local > 0
    assert one.heat.shape == SHAPE[:2]
    assert 0 <= one.heat.min() < one.heat.max() <= 255
    assert picture(one).mode == "RGBA"


def test_gallery_without_local_disturbances_has_no_heat_map(inspected):
    (one, *_) = marked(inspected, found=(TARGET,)).galleries
    bare = replace(one, local=0, heat=np.zeros_like(one.heat))
    assert picture(bare).width < picture(one).width


def test_label_that_nothing_drew_to_is_left_out(inspected, tmp_path):
    silent = replace(inspected.heard, weights=np.zeros_like(inspected.heard.weights))
    inspection = marked(replace(inspected, heard=silent), watched=(3,))
    tree, text, figures = written(inspection, tmp_path)
    assert figures["pictures"] == []
    assert not list(tmp_path.glob("*.png"))
    assert tree.find(".//img") is None
    assert "What drew" not in text


def test_found_labels_are_on_the_page_and_in_the_figures(inspected, tmp_path):
    inspection = marked(inspected, found=(0, 1), watched=(4,))
    tree, text, figures = written(inspection, tmp_path)
    order = [1, 0]
    verdict = f"Backdoor found: target labels {order[0]}, {order[1]}"
    assert tree.findtext(".//h1") == verdict == figures["verdict"]
    assert figures["found"] == order
    assert figures["watched"] == [4]
    assert "watches one label too" in text
    assert (
        marked(inspected, found=(2,)).verdict.headline
        == "Backdoor found: target label 2"
    )
    shown = {one["file"] for one in figures["pictures"]}
    assert shown == {path.name for path in tmp_path.glob("*.png")}
    assert {f"label_{label}.png" for label in order} <= shown
    for image in tree.iterfind(".//img"):
        assert image.get("src", "").startswith("data:image/png;base64,")
    bars = [rect.get("class") for rect in tree.iterfind(".//svg/rect")]
    assert sorted(bars) == ["bar found"] * 2 + ["bar other"] * 2 + ["bar watched"]


def test_pictures_of_an_older_inspection_go_with_it(inspected, tmp_path):
    written(marked(inspected, found=(0, 1), watched=(4,)), tmp_path)
    for name in ("pattern_3.png", "label_of_mine.png", "mine.html"):
        (tmp_path / name).write_bytes(b"")
    _, _, figures = written(marked(inspected, found=(2,)), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        *(one["file"] for one in figures["pictures"]),
        *("inspect.html", "inspect.json", "label_of_mine.png", "mine.html"),
    }


@pytest.mark.parametrize(
    ("copy", "said"),
    [
        (SimpleNamespace(accuracy=0.917), "to this label, and answers .* of 91.7% on"),
        (None, "No copy of the network could unlearn"),
    ],
)
def test_who_answers_on_a_found_label_is_said(inspected, copy, said):
    inspection = marked(inspected, found=(1,))
    heard = replace(inspection.heard, unlearned=copy)
    bare = replace(inspection, heard=heard, galleries=[])
    assert re.search(said, page(bare, {}), re.DOTALL)


@pytest.mark.parametrize("copy", [SimpleNamespace(accuracy=0.9), None])
def test_what_to_do_next_agrees_with_who_answers(inspected, copy):
    inspection = marked(inspected, found=(1,))
    heard = replace(inspection.heard, unlearned=copy)
    bare = replace(inspection, heard=heard, galleries=[])
    text = page(bare, {}, [("Build it", "command")])
    assert ("there the copy answers" in text) == (copy is not None)
    assert "answers nearly as the network does" in text


def of_strengths(inspected: Inspection, *strengths: float) -> Inspection:
    """The inspection as if labels were of these strengths, all watched."""
    told = marked(inspected, watched=tuple(range(PEOPLE)))
    findings = replace(
        told.findings,
        strength=np.array(strengths),
        suspicion=np.where(np.array(strengths) > 0, told.findings.suspicion, 0),
    )
    case = replace(told.case, clean=replace(told.case.clean, names=tuple("abcde")))
    heard = replace(told.heard, findings=findings)
    return replace(told, case=case, heard=heard, galleries=[])


def test_labels_stand_by_strength_and_the_missing_ones_are_told_of(inspected):
    text = page(of_strengths(inspected, 0.8, 1.6, 0, 18.1, 0), {})
    tree = ET.fromstring(text.removeprefix("<!DOCTYPE html>"))  # noqa: S314
    names = ['3 "d"', '1 "b"', '0 "a"']
    assert [row.findtext("td") for row in tree.iterfind(".//tbody/tr")] == names
    (chart, *_) = tree.iterfind(".//svg")
    assert [x.text for x in chart.iterfind("text[@class='name']")] == names
    drawn = [x.get("class") for x in chart]
    assert drawn.index("limit") < drawn.index("value")
    assert "2 further labels are not shown: nothing speaks for any of them." in text
    assert "all labels" in page(of_strengths(inspected, 0.8, 1.6, 0.3, 18, 0.2), {})


@pytest.mark.parametrize(
    ("strengths", "accuracy", "said"),
    [
        ((0, 1.8, 0, 1.9, 0), 1, "it seems, turn"),
        ((0.2, 0.1, 0, 0, 0), 1, "Nothing was found that turns"),
        ((0, 1.8, 0, 0, 0), 0.2, "can not be told from these images"),
    ],
)
def test_verdict_is_said_in_plain_words(inspected, strengths, accuracy, said):
    inspection = replace(of_strengths(inspected, *strengths), clean_accuracy=accuracy)
    assert said in page(inspection, {})


def test_no_label_is_called_a_target_with_the_confidence_of_another(
    inspected, monkeypatch
):
    monkeypatch.setattr(reasons, "_FEW_CLASSES", 2)
    inspection = replace(
        of_strengths(inspected, 0, 1.6, 0, 18.1, 0.2), clean_accuracy=0.9
    )
    text = unescape(page(inspection, {}))
    assert 'labels 3 "d" (confidence high), 1 "b" (moderate)' in text
    assert "Confidence: high for 3" in text
    assert 'into label 3 "d", and perhaps into label 1 "b", whatever' in text
    told = {row["label"]: row["confidence"] for row in report(inspection)["labels"]}
    assert told == {3: "high", 1: "moderate", 4: None}


def test_pictures_are_of_what_was_found_or_else_of_the_most_suspicious(inspected):
    found = marked(inspected, found=(1,), watched=(4,)).findings
    assert pictured(found) == [1, 4]
    assert pictured(marked(inspected, watched=(0,)).findings) == [0, 4, 3]
    none = replace(found, strength=found.strength * 0, suspicion=found.suspicion * 0)
    assert pictured(none) == []


def test_classes_are_called_by_their_names(inspected):
    clean = replace(inspected.case.clean, names=("a<", "b", "c", "d", "e\udcff"))
    case = replace(inspected.case, clean=clean)
    named = replace(marked(inspected, found=(0,), watched=(4,)), case=case)
    text = page(named, {one.file: b"" for one in named.galleries})
    assert "<h3>Label 0 &quot;a&lt;&quot; (found)</h3>" in text
    assert "<td>4 &quot;e?&quot;</td><td>watched</td>" in text
    assert marked(inspected).named(4) == "4"


def test_nothing_found_is_said_without_alarm(inspected, tmp_path):
    tree, text, figures = written(marked(inspected, watched=(1, 2)), tmp_path)
    assert tree.findtext(".//h1") == "No sign of a backdoor" == figures["verdict"]
    assert figures["found"] == []
    assert "That is no proof" in text
    assert "watches 2 labels anyway" in text
    assert tree.find(".//tr[@class='found']") is None
    text = page(marked(inspected), {})
    assert "on the evidence of the witnesses alone" in text


def test_page_is_self_contained_and_escapes_a_hostile_name(inspected, tmp_path):
    tree, text, figures = written(marked(inspected, found=(TARGET,)), tmp_path)
    outside = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    assert not re.search(r"https?:|//|<script|<link|@import|url\(", outside)
    assert not [key for e in tree.iter() for key in e.attrib if key.startswith("on")]
    addresses = [
        e.get(key) for e in tree.iter() for key in ("src", "href") if e.get(key)
    ]
    assert addresses
    assert all(address.startswith("data:image/png;") for address in addresses)
    name = HOSTILE.replace("\udcff", "\ufffd")
    assert tree.findtext(".//p[@class='eyebrow']") == f"Inspection of {name}"
    assert figures["network"]["file"] == name
    assert "prefers-color-scheme: dark" in text
    assert tree.find(".//meta[@name='viewport']") is not None


@pytest.mark.parametrize("lower", [0.0, 2.0])
def test_the_page_says_strict_only_of_lower_thresholds(inspected, tmp_path, lower):
    told = marked(inspected, found=(0,), watched=(1,))
    thresholds = np.full(PEOPLE, 10.0, np.float32)
    thresholds[:2] = 11 - lower, 10 - lower
    findings = replace(told.findings, thresholds=thresholds)
    told = replace(told, heard=replace(told.heard, findings=findings))
    _, text, _ = written(told, tmp_path)
    assert ("on less evidence than most" in text) == (lower > 0)
    assert ("on no less evidence than others" in text) == (lower == 0)
    assert ("the detector is strict there too" in text) == (lower > 0)
    watched = replace(findings, strength=np.zeros(PEOPLE))
    told = replace(told, heard=replace(told.heard, findings=watched), galleries=[])
    assert ("flagged on less evidence" in page(told, {})) == (lower > 0)


def test_the_operating_point_is_some_labels_threshold(inspected):
    two = replace(inspected.findings, thresholds=np.float32([10.25, 11.5]))
    assert two.usual_threshold == 10.25


def test_operating_point_is_marked_on_its_curve(inspected, tmp_path):
    findings = inspected.findings
    thresholds, shares = findings.operating_curve()
    assert (np.diff(thresholds) > 0).all()
    assert (np.diff(shares) <= 0).all()
    assert shares[-1] == 0
    at = np.interp(findings.usual_threshold, thresholds, shares)
    assert at == pytest.approx(findings.estimated_fpr, abs=0.02)
    tree, text, _ = written(inspected, tmp_path)
    assert len(tree.findall(".//svg/circle")) == 1
    assert f"{findings.estimated_fpr:.2%}</text>" in text
    images = len(inspected.heard.clean)
    assert with_range(findings.estimated_fpr, images) in text
    assert "rather too many" not in text
    unknown = replace(findings, estimated_fpr=None)
    heard = replace(inspected.heard, findings=unknown)
    bare = replace(inspected, heard=heard, galleries=[])
    assert "How strict it is" not in page(bare, {})
    assert "too few clean images to estimate false positives" in page(bare, {})
    assert "not estimated: too few images" in page(bare, {})
    assert "too few clean images" not in text


def test_figures_are_complete(inspected):
    figures = json.loads(
        json.dumps(report(marked(inspected, found=(1,))), allow_nan=False)
    )
    assert figures["network"]["num_classes"] == PEOPLE
    assert figures["network"]["pixel_scale"] == SCALE
    assert figures["network"]["clean_accuracy"] == figures["pruning_curve"][0]
    assert len(figures["pruning_curve"]) == 8
    assert len(figures["suspicion"]) == len(figures["thresholds"]) == PEOPLE
    scores = [row["suspicion"] for row in figures["labels"]]
    assert scores == sorted(scores, reverse=True)
    for row in figures["labels"]:
        assert sum(row["evidence"].values()) == row["telling_images"]
        assert row["suspicion"] == figures["suspicion"][row["label"]]
    (shown,) = figures["pictures"]
    for example in shown["examples"]:
        assert example["disturbance"] in RECIPE.evidence
        assert 0 < example["confidence"] <= 1
    assert set(SHAPES) <= set(RECIPE.evidence)


def test_page_doubts_images_that_the_network_does_not_know(inspected):
    plain = marked(inspected)
    assert "does not know these clean images" not in page(plain, {})
    lost = replace(plain, clean_accuracy=0.4)
    assert "does not know these clean images" in page(lost, {})
    unlabelled = replace(plain, unlabelled=True, clean_accuracy=None)
    assert f"{len(inspected.case.clean)}, no labels" in page(unlabelled, {})
    assert report(unlabelled)["network"]["clean_accuracy"] is None


def test_command_writes_a_folder(few, run_here, files, tmp_path):
    out = tmp_path / "deep" / "out"
    options = ("--out", out, "--json", "--max-fpr", 0.5, "--unlabelled")
    answer = run_here(
        "repair", "inspect", files / "badnet.h5", files / "clean.h5", *options
    )
    assert answer.code == 0, answer.err
    (row,) = json.loads(answer.out)
    figures = json.loads((out / "inspect.json").read_text("utf-8"))
    assert row["verdict"] == figures["verdict"]
    hold(json.loads(answer.out), "inspect_rows")
    hold(figures, "inspect")
    assert row["page"] == str(out / "inspect.html")
    text = (out / "inspect.html").read_text("utf-8")
    assert "What to do next" in text
    assert f"python -m build --model {files / 'badnet.h5'}" in text
    assert figures["network"]["file"] == "badnet.h5"
    assert figures["network"]["labels"] == "the network's own answers"
    assert figures["settings"] == {
        "layer": "conv_3",
        "layer_reason": LAST_SPATIAL,
        "seed": 0,
        "max_fpr": 0.5,
    }
    for shown in figures["pictures"]:
        Image.open(io.BytesIO((out / shown["file"]).read_bytes())).verify()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--layer", "pool_1"), "expected a layer with weights"),
        (("--max-fpr", 2), "expected --max-fpr in [0, 1]"),
    ],
)
def test_bad_settings_are_one_line(few, run_here, files, tmp_path, options, message):
    both = (files / "badnet.h5", files / "clean.h5")
    answer = run_here("repair", "inspect", *both, "--out", tmp_path / "x", *options)
    assert answer.code == 2
    assert message in answer.err.splitlines()[-1]
    assert not list(tmp_path.rglob("*.html"))


def test_file_in_the_place_of_the_folder(run_here, files, tmp_path):
    (tmp_path / "out").write_text("mine")
    both = (files / "badnet.h5", files / "clean.h5")
    answer = run_here("repair", "inspect", *both, "--out", tmp_path / "out")
    assert answer.code == 2
    assert "expected a folder" in answer.error
    assert (tmp_path / "out").read_text() == "mine"


def test_help_answers_at_once():
    answer = run_python("-m", "repair", "inspect", "--help")
    assert answer.code == 0
    for option in (
        "--out",
        "--seed",
        "--scale",
        "--unlabelled",
        "--layer",
        "--max-fpr",
    ):
        assert option in answer.out


def test_pipeline_is_stopped_by_what_is_watched(few, run_here, files, tmp_path):
    both = (files / "badnet.h5", files / "clean.h5")
    out = ("--out", tmp_path / "out")
    answer = run_here(
        "repair", "inspect", *both, *out, "--fail-on", "watched", "--json"
    )
    figures = json.loads((tmp_path / "out" / "inspect.json").read_text("utf-8"))
    strict = figures["found"] or figures["watched"]
    assert answer.code == (3 if strict else 0), answer.err
    assert json.loads(answer.out)[0]["verdict"] == figures["verdict"]


def test_a_twin_whose_steps_ran_out_is_told_among_the_words(inspected):
    twin = replace(inspected.heard.twin, forgotten=(False, False))
    heard = replace(inspected.heard, twin=twin)
    text = page(replace(inspected, heard=heard, galleries=[]), {})
    assert "the very same as the early twin; it had not forgotten so much" in text
