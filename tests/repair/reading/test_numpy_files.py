"""``.npz`` and ``.npy`` of strangers: no pickle, and no more bytes than there are."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from repair.errors import DatasetError
from repair.reading.numpy_files import open_npy, open_npz

VALUES = np.arange(24, dtype=np.int32).reshape(4, 3, 2)


class Trap:
    """Writes a file where it is unpacked."""

    def __reduce__(self) -> tuple[object, ...]:
        return (open, ("trap", "w"))


def header(shape: str, descr: str = "'<i4'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}".ljust(117)
    return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + text.encode() + b"\n"


def archive(path: Path, kind: int = zipfile.ZIP_DEFLATED, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", kind) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    return tmp_path / "file.npz"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_are_read_by_rows_in_any_order(npz, save, order):
    save(npz, a=np.asarray(VALUES, order=order), b=np.float16([1]), c=np.int64(3))
    with open_npz(npz) as (shapes, get):
        assert shapes == {"a": (4, 3, 2), "b": (1,), "c": ()}
        rows = get("a").rows
        for start, stop in ((0, 1), (1, 4), (0, 9)):
            np.testing.assert_array_equal(rows(start, stop), VALUES[start:stop])


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_alone(tmp_path, order):
    np.save(tmp_path / "x.npy", np.asarray(VALUES, order=order))
    with open_npy(tmp_path / "x.npy") as (shapes, get):
        assert shapes == {"x.npy": VALUES.shape}
        np.testing.assert_array_equal(get("x.npy").rows(0, 4), VALUES)


def test_pickle_is_refused_and_never_unpacked(npz, monkeypatch):
    monkeypatch.chdir(npz.parent)
    np.savez(npz, bad=np.array([Trap()], object), good=VALUES)
    np.save(npz.with_name("x.npy"), np.array([Trap()], object))
    with open_npz(npz) as (shapes, get):
        assert shapes == {"bad": (), "good": VALUES.shape}
        with pytest.raises(DatasetError, match="run code"):
            get("bad")
    with (
        pytest.raises(DatasetError, match="run code"),
        open_npy(npz.with_name("x.npy")),
    ):
        pass
    assert not Path("trap").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header("(4, 3, 2)"), "declares 96 bytes"),
        (header("(1 << 40,)"), "can not be read"),
        (header("(1099511627776, 1048576)"), "declares"),
        (header("(-4,)") + bytes(16), "can not be read|declares"),
        (header("(2, 2)") + bytes(17), "declares 16 bytes"),
        (header("(4,)", "'|O'"), "run code"),
        (header("(4,)", "[('a', '<i4')]") + bytes(16), "plain numbers"),
        (header("(4,)", "'<U4'") + bytes(60), "declares 64 bytes"),
        (header("__import__('os')"), "can not be read"),
        (header("(" * 90), "can not be read"),
        (b"\x93NUMPY\x03\x00" + bytes(20), "version"),
        (b"\x93NUMPY\x09\x00" + bytes(20), "version|can not"),
        (b"", "can not be read"),
        (b"text", "can not be read"),
    ],
)
def test_headers_that_lie_are_refused(npz, content, message):
    archive(npz, a=content)
    with (
        pytest.raises(DatasetError, match=message) as refusal,
        open_npz(npz) as (_, get),
    ):
        get("a")
    assert "\n" not in str(refusal.value)


def test_an_archive_bomb_is_refused_before_it_unpacks(npz):
    size = 64 << 20
    content = header(f"({size // 4},)") + bytes(size)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", content)
    honest = packed.getvalue()
    npz.write_bytes(honest)
    with open_npz(npz) as (shapes, _):
        assert shapes == {"a": (size // 4,)}, "what zlib can do is read"
    true, lie = (x.to_bytes(4, "little") for x in (len(content), 0xF0000000))
    npz.write_bytes(honest.replace(true, lie))
    with pytest.raises(DatasetError, match="declares 4,026,531,840"), open_npz(npz):
        pass


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b[: len(b) // 2], "can not be read"),
        (lambda b: b"PK\x03\x04" + bytes(40), "can not be read"),
        (lambda b: b"PK\x05\x06" + bytes(17), "can not be read"),
    ],
)
def test_broken_archives_are_refused(npz, change, message):
    archive(npz, a=header("(2,)") + bytes(8))
    npz.write_bytes(change(npz.read_bytes()))
    with pytest.raises(DatasetError, match=message), open_npz(npz):
        pass


def test_damaged_members_are_refused_when_read(npz):
    noise = np.random.default_rng(0).integers(0, 256, 100_000, np.uint8)
    np.savez_compressed(npz, a=noise)
    content = bytearray(npz.read_bytes())
    content[len(content) // 2] ^= 255
    npz.write_bytes(content)
    with (
        open_npz(npz) as (_, get),
        pytest.raises(DatasetError, match="can not be read"),
    ):
        get("a").rows(0, len(noise))


def test_names_twice_and_other_packing_are_refused(npz):
    content = header("(2,)") + bytes(8)
    with (
        zipfile.ZipFile(npz, "w") as file,
        pytest.warns(UserWarning, match="Duplicate"),
    ):
        file.writestr("a.npy", content)
        file.writestr("a.npy", content)
    with pytest.raises(DatasetError, match="'a' twice"), open_npz(npz):
        pass
    archive(npz, zipfile.ZIP_LZMA, a=content)
    with pytest.raises(DatasetError, match="another way"), open_npz(npz):
        pass


def test_names_that_lead_out_are_names_alone(npz, tmp_path):
    archive(npz, **{"../../out": header("(2,)") + bytes(8)})
    with open_npz(npz) as (shapes, get):
        assert shapes == {"../../out": (2,)}
        assert get("../../out").rows(0, 2).tolist() == [0, 0]
    assert {path.name for path in tmp_path.iterdir()} == {"file.npz"}
