"""The detector on images of all kinds, and on artifacts that were tampered with."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from toys import ROOT, SHAPE, Answer, run_python, toy_people, triggered

from artifacts import detector
from artifacts.detector import DetectorError, load, read_card, read_image, verify
from artifacts.packages import missing_package
from artifacts.runtime import load as loading

ROWS, COLUMNS, _ = SHAPE
SIZE = (ROWS, COLUMNS)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return toy_people(1, seed=7).images[3]


@pytest.fixture(scope="module")
def home(tmp_path_factory, artifact) -> Path:
    """A folder with an eval script and the artifacts package with the toy in it."""
    home = tmp_path_factory.mktemp("home")
    (home / "artifacts").mkdir()
    for module in (ROOT / "artifacts").rglob("*.py"):
        place = home / module.relative_to(ROOT)
        place.parent.mkdir(exist_ok=True)
        shutil.copy(module, place)
    shutil.copytree(artifact, home / "artifacts" / "toy")
    script = (ROOT / "eval_multi.py").read_text()
    (home / "eval_toy.py").write_text(script.replace('"multi"', '"toy"'))
    return home


@pytest.fixture
def label_here(home, monkeypatch, capfd) -> Iterator[Callable[..., Answer]]:
    """The script's body in this very process."""
    monkeypatch.setattr(detector, "HERE", home / "artifacts")

    def run(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["eval_toy.py", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            detector.main("toy")
        said = capfd.readouterr()
        return Answer(stop.value.code, said.out, said.err)

    return run


def png(pixels: np.ndarray, path: Path, mode: str | None = None) -> Path:
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path, "PNG")
    return path


def chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def png_16_bit(pixels: np.ndarray, colour: int) -> bytes:
    """A PNG of 16 bits a sample; Pillow can not write all of these."""
    rows, columns = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", columns, rows, 16, colour, 0, 0, 0)
    wide = (pixels.astype(np.uint16) * 257).astype(">u2").reshape(rows, -1)
    lines = b"".join(b"\0" + line.tobytes() for line in wide)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines))
    return b"\x89PNG\r\n\x1a\n" + parts + chunk(b"IEND", b"")


# Every mode, as (write the file, what RGB it must be read as).


def grey(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).convert("L"))


def rgb(one: np.ndarray) -> np.ndarray:
    return np.repeat(one[..., None], 3, axis=2)


def alpha(pixels: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(SIZE)
    return ((rows * 31 + columns * 17) % 256).astype(np.uint8)


def write_rgba(p, path):
    png(np.dstack([p, alpha(p)]), path)
    return p


def write_grey(p, path):
    png(grey(p), path)
    return rgb(grey(p))


def write_grey_alpha(p, path):
    Image.merge("LA", list(map(Image.fromarray, (grey(p), alpha(p))))).save(path)
    return rgb(grey(p))


def write_palette(p, path, **options):
    palette = Image.fromarray(p).quantize(30)
    palette.save(path, **options)
    return np.asarray(palette.convert("RGB"))


def write_transparent_palette(p, path):
    return write_palette(p, path, transparency=3)


def write_palette_with_alpha(p, path):
    return write_palette(p, path, transparency=bytes(range(0, 240, 8)))


def write_transparent_rgb(p, path):
    Image.fromarray(p).save(path, transparency=tuple(map(int, p[0, 0])))
    return p


def write_transparent_grey(p, path):
    Image.fromarray(grey(p)).save(path, transparency=int(grey(p)[0, 0]))
    return rgb(grey(p))


def write_one_bit(p, path):
    bits = Image.fromarray(grey(p) > 128)
    bits.save(path)
    return rgb(np.where(grey(p) > 128, 255, 0))


def write_16_bit_grey(p, path):
    Image.fromarray(grey(p).astype(np.uint16) * 257).save(path)
    return rgb(grey(p))


def write_16_bit_rgb(p, path):
    path.write_bytes(png_16_bit(p, 2))
    return p


def write_16_bit_rgba(p, path):
    path.write_bytes(png_16_bit(np.dstack([p, alpha(p)]), 6))
    return p


def write_16_bit_grey_alpha(p, path):
    path.write_bytes(png_16_bit(np.dstack([grey(p), alpha(p)]), 4))
    return rgb(grey(p))


def write_interlaced_text(p, path):
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Comment", "a face")
    Image.fromarray(p).save(path, pnginfo=notes, dpi=(300, 300))
    return p


def write_jpeg(p, path):
    Image.fromarray(p).save(path, "JPEG", quality=95)
    return tf.io.decode_jpeg(path.read_bytes(), dct_method="INTEGER_ACCURATE").numpy()


def write_grey_jpeg(p, path):
    Image.fromarray(grey(p)).save(path, "JPEG", quality=95)
    decoded = tf.io.decode_jpeg(path.read_bytes(), dct_method="INTEGER_ACCURATE")
    return rgb(decoded.numpy()[..., 0])


def write_cmyk_jpeg(p, path):
    Image.fromarray(p).convert("CMYK").save(path, "JPEG", quality=100, subsampling=0)
    return p


WRITERS = [
    pytest.param(value, id=name[6:])
    for name, value in list(globals().items())
    if name.startswith("write_")
]


@pytest.mark.parametrize("write", WRITERS)
def test_any_mode_is_read_as_its_rgb(tmp_path, pixels, write):
    path = tmp_path / "image.png"  # the content counts, not the name
    expected = write(pixels, path)
    found = read_image(path, SIZE)
    assert found.shape == SHAPE
    assert found.dtype == np.uint8
    tolerance = {"write_jpeg": 8, "write_cmyk_jpeg": 12}.get(write.__name__, 1)
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= tolerance


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_exif_orientation_is_honoured(tmp_path, pixels, orientation, kind):
    back = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.swapaxes(0, 1),
        6: lambda p: np.rot90(p, 1),  # stored lying; turned 90 degrees to the right
        7: lambda p: p[::-1, ::-1].swapaxes(0, 1),
        8: lambda p: np.rot90(p, -1),
    }[orientation]
    flat = np.full(SHAPE, 100, np.uint8)
    flat[: ROWS // 2, : COLUMNS // 2] = 220  # a bright upper left quarter
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "image"
    image = Image.fromarray(np.ascontiguousarray(back(flat)))
    image.save(path, kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))
    found = read_image(path, SIZE).astype(int)
    assert np.abs(found - flat)[1:5, 1:4].max() < 40
    assert found[: ROWS // 2 - 1, : COLUMNS // 2 - 1].min() > 180
    assert found[ROWS // 2 + 1 :].max() < 140
    assert found[:, COLUMNS // 2 + 1 :].max() < 140


def test_lying_image_without_exif_is_refused(tmp_path, pixels):
    path = png(np.ascontiguousarray(pixels.swapaxes(0, 1)), tmp_path / "lying.png")
    with pytest.raises(DetectorError, match=r"10 wide and 12 high.*12 x 10"):
        read_image(path, SIZE)


def test_resize_keeps_the_right_way_up(tmp_path):
    large = np.zeros((60, 50, 3), np.uint8)
    large[:30, :, 0], large[:, :25, 1] = 200, 100
    path = png(large, tmp_path / "large.png")
    with pytest.raises(DetectorError, match="--resize"):
        read_image(path, SIZE)
    found = read_image(path, SIZE, resize=True)
    assert found.shape == SHAPE
    assert found[0, 0].tolist() == [200, 100, 0]
    assert found[-1, 0].tolist() == [0, 100, 0]
    assert found[0, -1].tolist() == [200, 0, 0]
    same = png(found, tmp_path / "same.png")
    np.testing.assert_array_equal(read_image(same, SIZE, resize=True), found)


def test_labels_equal_those_of_the_saved_model(home, artifact):
    people = toy_people(4, seed=8).images
    images = np.concatenate([people, triggered(people)])
    expected = tf.saved_model.load(str(artifact))
    labels = load(home / "artifacts" / "toy")(images)
    np.testing.assert_array_equal(labels, expected.serve(tf.constant(images)))
    assert len(set(labels.tolist())) > 1


def test_one_image_is_a_number_alone_and_several_are_lines(
    label_here, tmp_path, artifact
):
    images = toy_people(2, seed=9).images
    model = tf.saved_model.load(str(artifact))
    expected = model.serve(tf.constant(images)).numpy().tolist()
    paths = [png(image, tmp_path / f"{i}.png") for i, image in enumerate(images)]
    assert label_here(paths[1]) == Answer(0, f"{expected[1]}\n", "")
    lines = [f"{label}\t{path}\n" for label, path in zip(expected, paths, strict=True)]
    assert label_here(*paths) == Answer(0, "".join(lines), "")
    missing = tmp_path / "missing.png"
    mixed = label_here(paths[0], missing, paths[2])
    assert (mixed.code, mixed.out) == (1, lines[0] + lines[2])
    assert mixed.err.startswith(f"error: {missing}: ")
    assert mixed.err.count("\n") == 1


def test_resize_option_labels_what_is_refused_without(label_here, tmp_path, pixels):
    large = png(pixels.repeat(3, axis=0).repeat(3, axis=1), tmp_path / "large.png")
    refused = label_here(large)
    assert refused.code == 2
    assert "--resize" in refused.error
    answer = label_here("--resize", large)
    same = label_here(png(pixels, tmp_path / "same.png"))
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == same.out


def bad_images(folder: Path, pixels: np.ndarray) -> list[Path]:
    """A file of each kind that can not be labelled."""
    png(pixels, folder / "whole.png")
    whole = (folder / "whole.png").read_bytes()
    jpeg = io.BytesIO()
    Image.fromarray(pixels).save(jpeg, "JPEG")
    header = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    bomb = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    start, end = b"\x89PNG\r\n\x1a\n", chunk(b"IEND", b"")
    idat = chunk(b"IDAT", zlib.compress(b""))
    contents = {
        "truncated.png": whole[: len(whole) // 2],
        "truncated.jpg": jpeg.getvalue()[: len(jpeg.getvalue()) // 2],
        "header.png": whole[:20],
        "damaged.png": whole[:60] + b"\0\0\0\0" + whole[64:],
        "empty.png": b"",
        "text.png": b"not an image\n",
        "huge.png": start + chunk(b"IHDR", header) + idat + end,
        "bomb.png": start + chunk(b"IHDR", bomb) + idat + end,
        "line\nbreak\x1b[31m.png": b"",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    for kind in ("BMP", "GIF", "TIFF", "WEBP"):
        Image.fromarray(pixels).save(folder / f"image.{kind}", kind)
    shutil.copy(folder / "image.BMP", folder / "disguised.png")
    png(pixels[1:], folder / "wrong_size.png")
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    (folder / "dangling.png").symlink_to("nowhere")
    (folder / "whole.png").unlink()
    return sorted(folder.iterdir()) + [folder / "missing.png", Path("/dev/null")]


def test_unfit_images_are_one_line_each_and_exit_2(label_here, tmp_path, pixels):
    for path in bad_images(tmp_path, pixels):
        answer = label_here(path)
        assert answer.code == 2, path
        assert "expected" in answer.error
        assert answer.error.isprintable()
        assert len(answer.error) < 600


def test_too_long_a_name_is_one_line(label_here, tmp_path):
    assert label_here(tmp_path / ("x" * 300)).code == 2


@pytest.fixture(scope="module")
def from_elsewhere(home, tmp_path_factory, pixels) -> tuple[list[Path], Answer]:
    """All unfit images, and two fit ones, in one fresh process from another folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    paths = bad_images(folder, pixels)
    for name in ("fine.png", "ünï çode.png"):
        paths.append(png(pixels, folder / name))
    names = [os.path.relpath(path, folder) for path in paths]
    return paths, run_python(home / "eval_toy.py", *names, cwd=folder)


def test_script_works_from_any_folder(from_elsewhere, label_here):
    paths, answer = from_elsewhere
    label = label_here(paths[-1]).out.strip()
    assert answer.code == 1
    assert answer.out == f"{label}\tfine.png\n{label}\tünï çode.png\n"


def test_fresh_process_says_one_line_per_unfit_image(from_elsewhere):
    paths, answer = from_elsewhere
    lines = answer.err.splitlines()
    assert all(line.startswith("error: ") for line in lines), answer.err
    assert len(lines) == len(paths) - 2


def test_damaged_exif_is_no_reason_to_speak(home, tmp_path, pixels):
    """An answer is a number on stdout and silence on stderr, or one error line."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 1, "a maker" * 20
    path = tmp_path / "odd.jpg"
    Image.fromarray(pixels).save(path, exif=exif.tobytes()[:40])
    answer = run_python(home / "eval_toy.py", path, cwd=tmp_path)
    assert answer.err == ""
    assert answer.code == 0
    assert answer.out.strip().isdigit()


def test_help_needs_no_tensorflow(home):
    code = (
        "import sys; sys.argv = ['eval_toy.py', '--help']\n"
        "from artifacts.detector import main\n"
        "try: main('toy')\n"
        "except SystemExit as stop: assert not stop.code\n"
        "assert not {'tensorflow', 'keras', 'numpy', 'PIL'} & set(sys.modules)\n"
    )
    answer = run_python("-c", code, cwd=home)
    assert answer.code == 0, answer.err
    assert "toy" in answer.out


def test_wrong_usage_exits_2(label_here):
    for arguments in ((), ("--unknown", "x.png")):
        answer = label_here(*arguments)
        assert (answer.code, answer.out) == (2, "")


# Artifacts that are not as they were built.


@pytest.fixture
def copied(tmp_path, artifact) -> Path:
    shutil.copytree(artifact, tmp_path / "toy")
    return tmp_path / "toy"


def change(folder: Path) -> None:
    path = folder / "saved_model.pb"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


def same_length(folder: Path) -> None:
    path = next(folder.glob("variables/variables.data*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def remove(folder: Path) -> None:
    next(folder.glob("variables/variables.data*")).unlink()


def add(folder: Path) -> None:
    (folder / "assets").mkdir(exist_ok=True)
    (folder / "assets" / "extra\n.txt").write_text("more")


def link_away(folder: Path) -> None:
    path = folder / "saved_model.pb"
    path.rename(folder.parent / "moved.pb")
    path.symlink_to(folder.parent / "moved.pb")


def add_link(folder: Path) -> None:
    (folder / "assets.extra").symlink_to("/etc")


TAMPERING = [change, same_length, remove, add, link_away, add_link]


def test_untouched_artifact_is_fine(copied):
    verify(copied)


def test_what_file_managers_leave_is_no_change(copied):
    for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
        (copied / name).write_bytes(b"\0\0\0\1Bud1")
    verify(copied)


def test_a_file_too_many_is_to_be_removed(copied):
    (copied / "notes.txt").write_text("mine")
    with pytest.raises(
        DetectorError, match=r"notes.txt is not on the card.*Remove it\."
    ):
        verify(copied)


@pytest.mark.parametrize("tamper", TAMPERING)
def test_changed_artifact_is_refused_before_it_is_loaded(copied, tamper, monkeypatch):
    for way in ("_through_c", "_PythonDetector"):
        monkeypatch.setattr(loading, way, lambda folder: pytest.fail("loaded"))
    tamper(copied)
    with pytest.raises(
        DetectorError, match=r"changed|missing|not on the card"
    ) as refusal:
        load(copied)
    assert str(refusal.value).isprintable()


def test_changed_artifact_ends_the_script_with_2(
    label_here, copied, monkeypatch, tmp_path, pixels
):
    change(copied)
    monkeypatch.setattr(detector, "HERE", copied.parent)
    answer = label_here(png(pixels, tmp_path / "fine.png"))
    assert answer.code == 2
    assert "Build it again, or copy it anew." in answer.error


def test_missing_artifact_says_what_was_meant(tmp_path, copied):
    with pytest.raises(
        DetectorError, match="Give a folder that 'python -m build' wrote"
    ):
        load(tmp_path / "nothing" / "here")
    mistyped = copied.with_name(copied.name + "x")
    with pytest.raises(DetectorError, match=f"Did you mean {copied}"):
        load(mistyped)


def test_missing_package_is_one_line_with_a_remedy():
    reason = ModuleNotFoundError("No module named 'PIL'", name="PIL")
    line = missing_package(reason)
    assert line.startswith("the package 'PIL' is missing. ")
    assert "pip" in line or "Run it with" in line
    with pytest.raises(ModuleNotFoundError):
        missing_package(ModuleNotFoundError("x", name="artifacts.nothing"))
    assert "can not be imported" in missing_package(ImportError("no more memory"))


CARDS = [
    b"",
    b"[]",
    b"{}",
    b"\xff",
    b"[" * 100_000,
    b'{"files": {}}',
    b'{"files": {}, "input": 7}',
]


@pytest.mark.parametrize("card", CARDS, ids=range(len(CARDS)))
def test_unreadable_cards_are_refused(copied, card):
    (copied / "card.json").write_bytes(card)
    with pytest.raises(DetectorError, match=r"card\.json"):
        read_card(copied)


@pytest.mark.parametrize("changes", [{"files": None}, {"files": 7}, {"files": ["x"]}])
def test_odd_cards_are_refused(copied, changes):
    card = json.loads((copied / "card.json").read_bytes())
    (copied / "card.json").write_text(json.dumps({**card, **changes}))
    with pytest.raises(DetectorError, match="card"):
        verify(copied)
