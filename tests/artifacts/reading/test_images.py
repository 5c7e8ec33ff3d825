"""Image files of any mode and format, in the channels that a detector takes."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from toys import ROOT

from artifacts.errors import DetectorError
from artifacts.reading.images import open_image, read_image
from artifacts.reading.kinds import Kinds

SIZE = (12, 10)
PIXELS = np.random.default_rng(0).integers(0, 256, (*SIZE, 4), np.uint8)
CASES = ROOT.parent / "shared" / "public" / "cases"


def saved(path: Path, mode: str = "RGBA", **options: object) -> Path:
    Image.fromarray(PIXELS).convert(mode).save(path, **options)
    return path


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
@pytest.mark.parametrize("stored", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_any_mode_becomes_the_wanted_one(tmp_path, channels, mode, stored):
    image = Image.fromarray(PIXELS)
    if stored == "I;16":
        image = Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257)
    else:
        image = image.convert(stored)
    image.save(tmp_path / "x.png")
    found = read_image(tmp_path / "x.png", (*SIZE, channels))
    assert found.shape == (*SIZE, channels)
    if stored == mode:
        expected = np.asarray(Image.fromarray(PIXELS).convert(mode))
        np.testing.assert_array_equal(found, expected.reshape(found.shape))


@pytest.mark.parametrize("kind", ["webp", "bmp", "ppm"])
def test_other_formats_where_asked_for_alone(tmp_path, kind):
    path = saved(tmp_path / f"x.{kind}", "RGB")
    with pytest.raises(DetectorError, match=f"Add --formats {kind}"):
        read_image(path, SIZE)
    assert read_image(path, SIZE, kinds=Kinds((kind,))).shape == (*SIZE, 3)


@pytest.mark.parametrize("kind", ["gif", "tiff"])
@pytest.mark.parametrize("ending", ["", ".png", ".tif"])
def test_pictures_that_no_option_reads_are_called_by_their_name(tmp_path, kind, ending):
    path = tmp_path / f"x{ending}"
    Image.fromarray(PIXELS).convert("RGB").save(path, kind)
    with pytest.raises(DetectorError, match=rf"{kind.upper()}\. Save it as PNG\.$"):
        read_image(path, SIZE)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("x.npy", "'data' of an HDF5 file"),
        ("x.npz", "a folder of pictures, or .*'data' of an HDF5 file"),
        ("x.png", "end in .h5"),
    ],
)
def test_data_in_place_of_a_picture_has_its_own_remedy(tmp_path, name, remedy):
    path = tmp_path / name
    if name == "x.npy":
        np.save(path, PIXELS)
    elif name == "x.npz":
        np.savez(path, PIXELS)
    else:
        with h5py.File(path, "w") as file:
            file["data"] = PIXELS
    with pytest.raises(DetectorError, match=remedy):
        read_image(path, SIZE)


def test_a_picture_under_a_wrong_ending_has_the_option_of_what_it_is(tmp_path):
    path = tmp_path / "x.bmp"
    saved(path, "RGB", format="webp")
    with pytest.raises(DetectorError, match=r"Received: WEBP\. Add --formats webp$"):
        read_image(path, SIZE)
    path.write_bytes(path.read_bytes()[:20])  # its remedy is no other option
    with pytest.raises(DetectorError, match=r"Received: could not create .*object\.$"):
        read_image(path, SIZE, kinds=Kinds(("webp",)))


def test_several_pictures_in_one_file_are_refused(tmp_path):
    pictures = [Image.new("RGB", SIZE[::-1], colour) for colour in ("red", "blue")]
    pictures[0].save(tmp_path / "x.webp", save_all=True, append_images=pictures[1:])
    with pytest.raises(DetectorError, match="Received: several"):
        read_image(tmp_path / "x.webp", SIZE, kinds=Kinds(("webp",)))


def test_fractions_are_no_pixels(tmp_path):
    (tmp_path / "x.ppm").write_bytes(b"Pf\n10 12\n-1.0\n" + bytes(480))
    with pytest.raises(DetectorError, match="expected a whole"):
        read_image(tmp_path / "x.ppm", SIZE, kinds=Kinds(("ppm",)))


def palette(path: Path, colours: int, largest: int, bits: int = 8) -> Path:
    image = Image.new("P", SIZE[::-1])
    image.putdata([largest] + [0] * (SIZE[0] * SIZE[1] - 1))
    image.putpalette(bytes(3 * colours))
    image.save(path, bits=bits)
    return path


@pytest.mark.parametrize(("colours", "largest"), [(1, 0), (2, 1), (17, 16), (256, 255)])
def test_palettes_that_are_long_enough_are_read(tmp_path, colours, largest):
    path = palette(tmp_path / "x.png", colours, largest)
    assert read_image(path, SIZE).shape == (*SIZE, 3)


@pytest.mark.parametrize("largest", [17, 200, 255])
def test_a_palette_that_is_too_short_is_refused(tmp_path, largest):
    content = palette(tmp_path / "x.png", 256, largest).read_bytes()
    place = content.index(b"PLTE")
    short = content[: place - 4] + (51).to_bytes(4, "big") + content[place : place + 55]
    import zlib

    check = zlib.crc32(short[place:]).to_bytes(4, "big")
    rest = content[place + 4 + 768 + 4 :]
    (tmp_path / "x.png").write_bytes(short + check + rest)
    with pytest.raises(DetectorError, match=f"of {largest + 1} colours.*one of 17"):
        read_image(tmp_path / "x.png", SIZE)


@pytest.mark.parametrize("name", ["palette_none.png", "palette_short.png"])
def test_published_cases_are_refused(name):
    if not (CASES / name).exists():
        pytest.skip("needs ../shared")
    with pytest.raises(DetectorError, match="palette"):
        read_image(CASES / name, (55, 47))


def test_a_file_is_opened_once(tmp_path, monkeypatch):
    path, opened = saved(tmp_path / "x.png"), []
    whole = Path.open

    def counted(self: Path, *arguments: object, **options: object) -> object:
        opened.append(self)
        return whole(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", counted)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read again"))
    read_image(path, SIZE)
    assert opened == [path]


def test_the_size_may_be_anything_where_none_is_wanted(tmp_path):
    image = open_image(saved(tmp_path / "x.png"), channels=None)
    assert (image.size, image.mode) == ((10, 12), "RGB")


def test_broken_exif_data_turn_nothing(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 3), np.uint8)
    odd = PngInfo()
    odd.add(b"eXIf", b"junk")
    Image.fromarray(pixels).save(tmp_path / "odd.png", pnginfo=odd)
    found = read_image(tmp_path / "odd.png", (5, 4, 3))
    np.testing.assert_array_equal(found, pixels)
