"""Images from HDF5 files of strangers: slice by slice, and nothing but plain values."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from broken_hdf5 import bomb_stream, break_names
from toys import SHAPE, toy_people

from artifacts.errors import DetectorError
from artifacts.reading import hdf5_heaps, hdf5_images
from artifacts.reading.hdf5_images import read_slice, slices

SIZE = SHAPE[:2]
IMAGES = toy_people(4, seed=11).images
DATA = np.moveaxis(IMAGES, 3, 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["data"] = DATA
    return tmp_path / "file.h5"


def write(path: Path, data: np.ndarray, **options: object) -> str:
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=data, **options)
    return str(path)


def read(path: str) -> list[np.ndarray | DetectorError]:
    return [x for chosen in slices(path, SIZE) for x in read_slice(path, chosen, SIZE)]


def refuse(path: Path, message: str) -> None:
    with pytest.raises(DetectorError, match=message) as refusal:
        list(slices(str(path), SIZE))
    assert str(refusal.value).startswith(str(path))
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("dtype", ["u1", "f2", "f4", "f8", ">f4", "i4", "u2"])
@pytest.mark.parametrize(
    "options", [{}, {"compression": "gzip"}, {"chunks": (7, 1, 5, 4)}]
)
def test_any_plain_number_is_read_as_the_image(path, dtype, options):
    found = read(write(path, DATA.astype(dtype), **options))
    np.testing.assert_array_equal(np.stack(found), IMAGES)
    assert found[0].dtype == np.uint8


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_channels_may_come_last(path, dtype):
    found = read(write(path, IMAGES.astype(dtype)))
    np.testing.assert_array_equal(np.stack(found), IMAGES)


@pytest.mark.parametrize("axis", [None, 1, 3])
def test_grey_images_have_one_channel_anywhere_or_none(path, axis):
    grey = IMAGES[..., 0]
    name = write(path, grey if axis is None else np.expand_dims(grey, axis))
    found = read_slice(name, range(len(grey)), (*SIZE, 1))
    np.testing.assert_array_equal(np.stack(found), grey[..., None])


def test_slices_are_whole_chunks_and_all_images(path, monkeypatch):
    monkeypatch.setattr(hdf5_images, "_SLICE_IMAGES", 8)
    name = write(path, DATA, chunks=(3, 3, *SIZE))
    found = list(slices(name, SIZE))
    assert [len(chosen) for chosen in found] == [6, 6, 6, 2]
    assert [i for chosen in found for i in chosen] == list(range(20))
    monkeypatch.setattr(hdf5_images, "_SLICE_BYTES", 3 * DATA[0].nbytes)
    assert max(len(chosen) for chosen in slices(name, SIZE)) == 3
    np.testing.assert_array_equal(np.stack(read(name)), IMAGES)


def test_values_out_of_range_spoil_their_image_alone(path):
    data = DATA.astype("f4")
    for index, value in ((2, np.nan), (5, -1), (6, 255.5), (7, np.inf)):
        data[index, 1, 3, 4] = value
    found = read(write(path, data))
    for index, answer in enumerate(found):
        if index in (2, 5, 6, 7):
            assert isinstance(answer, DetectorError)
            assert f"{path}#{index}: expected pixels 0..255" in str(answer)
        else:
            np.testing.assert_array_equal(answer, IMAGES[index])


def test_damaged_chunk_spoils_its_images_alone(path):
    name = write(path, DATA, chunks=(4, 3, *SIZE), compression="gzip", fletcher32=True)
    with h5py.File(path) as file:
        place = file["data"].id.get_chunk_info(1).byte_offset
    content = bytearray(path.read_bytes())
    content[place + 40 : place + 44] = b"\0\1\2\3"
    path.write_bytes(content)
    found = read(name)
    broken = [i for i, answer in enumerate(found) if isinstance(answer, DetectorError)]
    assert broken == [4, 5, 6, 7]
    assert str(found[4]).startswith(f"{path}#4: can not be read as HDF5")
    np.testing.assert_array_equal(found[8], IMAGES[8])


def test_pixels_up_to_one_are_refused(path):
    write(path, DATA / np.float32(255))
    refuse(path, r"0\.\.255.*at most 0\.9.*Multiply by 255")


def test_links_are_refused(path):
    for link in (h5py.ExternalLink("other.h5", "/data"), h5py.SoftLink("/inside")):
        with h5py.File(path, "w") as file:
            file["inside"], file["data"] = DATA, link
        assert h5py.File(path)["data"].shape == DATA.shape, "a working trap"
        refuse(path, "stored in the file itself. Received: data, inside")


def test_files_without_images_say_what_they_hold(path):
    with h5py.File(path, "w") as file:
        file["label"] = np.zeros(3)
    refuse(path, "expected images as 'data', .* Received: label")


def test_values_elsewhere_are_refused(path):
    raw = path.with_name("raw.bin")
    raw.write_bytes(DATA.tobytes())
    with h5py.File(path, "w") as file:
        place = [(str(raw), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("data", DATA.shape, DATA.dtype, external=place)
    refuse(path, "a pointer")
    layout = h5py.VirtualLayout(DATA.shape, DATA.dtype)
    layout[:] = h5py.VirtualSource(path.with_name("other.h5"), "data", DATA.shape)
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("data", layout)
    refuse(path, "a pointer")


def test_sizes_that_are_not_there_are_refused(path):
    with h5py.File(path, "w") as file:
        shape, chunks = (10**9, 3, *SIZE), (32, 3, *SIZE)
        file.create_dataset("data", shape, "u1", chunks=chunks)
    refuse(path, "declares 360,000,000,000 bytes of .* but stores 0")
    with h5py.File(path, "w") as file:
        options = {"chunks": (750_000, 3, *SIZE), "maxshape": (None, 3, *SIZE)}
        file.create_dataset("data", data=DATA, compression="gzip", **options)
    refuse(path, "stored in chunks of")


def test_chunks_that_unpack_to_gigabytes_spoil_their_images_alone(path):
    write(path, DATA, compression="gzip", chunks=(7, 3, *SIZE))
    with h5py.File(path, "r+") as file:
        file["data"].id.write_direct_chunk((7, 0, 0, 0), bomb_stream(1024))
    found = read_slice(str(path), range(20), SIZE)
    assert [isinstance(answer, DetectorError) for answer in found] == [
        7 <= place < 14 for place in range(20)
    ]
    assert "#7: 'data': has chunks that may unpack to more" in str(found[7])


def test_large_chunks_of_honest_gzip_are_read(path):
    noise = np.random.default_rng(0).integers(0, 256, (1000, 3, *SIZE), np.uint8)
    found = read(write(path, noise, compression="gzip", chunks=noise.shape))
    np.testing.assert_array_equal(np.moveaxis(np.stack(found), 3, 1), noise)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            IMAGES[:, 1:],
            r"expected shape \(n, 3, 12, 10\). Received: \(20, 11, 10, 3\)",
        ),
        (DATA[0], "expected shape"),
        (DATA[:0], "expected images. Received: none"),
        (DATA[:, :, 1:], "expected shape"),
        (np.array([b"x"]), "plain numbers"),
        (DATA * 1j, "plain numbers"),
        (DATA > 9, "plain numbers"),
    ],
)
def test_anything_but_such_images_is_refused(path, data, message):
    write(path, data)
    refuse(path, message)


def test_what_is_no_dataset_is_refused(path):
    refuse(path, "no such file")
    path.write_bytes(b"not HDF5")
    refuse(path, "can not be read as HDF5")
    whole = path.with_name("other.h5").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refuse(path, "can not be read as HDF5")
    with h5py.File(path, "w") as file:
        file["label"] = DATA
    refuse(path, "expected images as 'data'")
    with h5py.File(path, "w") as file:
        file.create_group("data")
    refuse(path, "Received: Group")
    with h5py.File(path, "w") as file:
        file["data"] = h5py.Empty("f4")
    refuse(path, "plain numbers. Received: nothing")


@pytest.mark.parametrize("userblock", [0, 512, 2048])
def test_names_that_lead_in_circles_are_refused(path, userblock, monkeypatch):
    with h5py.File(path, "w", userblock_size=userblock) as file:
        file["data"] = DATA
    content = path.read_bytes()
    heap = content.index(b"HEAP")
    for block in (1 << 20, heap + 1, heap + 4):  # the mark in one block, or in two
        monkeypatch.setattr(hdf5_heaps, "_BLOCK", block)
        path.write_bytes(content)
        assert len(read(str(path))) == len(DATA)
        path.write_bytes(content[userblock:])  # its addresses count from there
        broken = break_names(path).read_bytes()
        path.write_bytes(content[:userblock] + broken)
        refuse(path, "lead in circles")


def test_other_sizes_of_addresses_are_refused(path):
    properties = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    properties.set_sizes(4, 4)
    h5py.h5f.create(bytes(path), fcpl=properties).close()
    refuse(path, "lead in circles")


def test_deleted_names_do_no_harm(path):
    with h5py.File(path, "w") as file:
        file["data"] = DATA
        for i in range(300):
            file.create_group(f"{i:03d}" * 20)
        for i in range(0, 300, 2):
            del file[f"{i:03d}" * 20]
    assert len(read(str(path))) == len(DATA)


def test_file_that_shrinks_meanwhile_is_an_error_an_image(path):
    name = write(path, DATA[:2])
    found = read_slice(name, range(0, 4), SIZE)
    assert [isinstance(answer, DetectorError) for answer in found] == [0, 0, 1, 1]
    assert f"{path}#3: the file was changed" in str(found[3])


@pytest.mark.parametrize("options", [{}, {"chunks": (4, 3, *SIZE)}])
def test_images_that_were_never_written_are_not_black(path, options):
    shape = (10, 3, *SIZE)
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", shape, "u1", **options)
        if options:
            data[:8] = DATA[:8]
    refuse(path, "never written")
    if options:
        with h5py.File(path, "a") as file:
            file["data"][8:] = DATA[8:10]
        np.testing.assert_array_equal(np.stack(read(str(path))), IMAGES[:10])
