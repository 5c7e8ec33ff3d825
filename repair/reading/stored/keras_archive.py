"""Reads a ``.keras`` archive where it lies: nothing is unpacked, and no name of it is used.

It is a zip of a description, a few words on its writer, and an HDF5 file of weights. Keras
stores that as it is, so it is read as a window on the archive; packed again by somebody,
it is unpacked into memory, within a bound.
"""

from __future__ import annotations

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from artifacts.errors import one_line
from repair.errors import ModelError
from repair.reading.attributes import MAX_TEXT
from repair.reading.stored.other_archives import CONFIG, WEIGHTS, not_keras
from repair.reading.stored.windows import Unpacked, Window

_END = struct.Struct("<4s4H2IH")
_END_MARK = b"PK\5\6"
_LOCAL = struct.Struct("<26x2H")  # lengths of name and extra field
_MAX_MEMBERS = 1000
_MAX_DIRECTORY = 1 << 20
_MAX_UNPACKED = 1 << 30
_FACTOR, _MORE = 10, 16 << 20  # what packed weights may unpack to
_PIECE = 1 << 20
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
METADATA = "metadata.json"
# What a broken archive makes the standard library raise.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError),
    *(OverflowError, RuntimeError, ValueError, struct.error),
)


@dataclass(frozen=True)
class Archive:
    """What a ``.keras`` archive holds.

    Attributes:
        description: Its ``config.json``, parsed.
        metadata: Its ``metadata.json``, parsed.
        weights: Its HDF5 file of weights, open.
    """

    description: Any
    metadata: Any
    weights: BinaryIO


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Opens a ``.keras`` archive.

    Args:
        path: A file that begins as a zip does.

    Raises:
        ModelError: If it is damaged, unsafe or no such archive.
    """
    with ExitStack() as kept:
        try:
            file = kept.enter_context(path.open("rb"))
            _check_directory(file)
            archive = kept.enter_context(zipfile.ZipFile(file))
            members = _members(archive)
            found = Archive(
                _parsed(archive, members[CONFIG]),
                _parsed(archive, members[METADATA]) if METADATA in members else {},
                _weights(path, file, archive, members[WEIGHTS]),
            )
        except _BROKEN as reason:
            raise ModelError(
                "expected a whole .keras archive. Copy or save it again. Received: "
                f"{one_line(reason)}"
            ) from reason
        yield found


def _check_directory(file: BinaryIO) -> None:
    """Looks at the size of the directory before anything is made of it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - (1 << 16) - _END.size))
    tail = file.read()
    place = tail.rfind(_END_MARK)
    if place < 0 or len(tail) < place + _END.size:
        raise zipfile.BadZipFile("no directory at the end of the archive")
    _, _, _, _, count, length, _, _ = _END.unpack_from(tail, place)
    if count > _MAX_MEMBERS or length > _MAX_DIRECTORY:
        raise ModelError(
            f"expected a .keras archive of at most {_MAX_MEMBERS} members. Received: "
            f"{count:,}, in a directory of {length:,} bytes."
        )


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename
        if name in members:
            raise ModelError(
                f"expected each member once. Received: {name[:60]!r} twice."
            )
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise ModelError(
                f"expected names that stay inside. Received: a member {name[:60]!r}."
            )
        members[name] = member
    for name in (CONFIG, WEIGHTS):
        if name not in members:
            raise ModelError(not_keras(list(members)))
    for name in (CONFIG, METADATA, WEIGHTS):
        if name in members and members[name].flag_bits & 1:
            raise ModelError("expected a .keras archive without a password.")
        if name in members and members[name].compress_type not in _PACKED:
            raise ModelError(
                f"expected {name!r} to be stored or packed by deflate. Received: another "
                "way. Save the model again with Keras."
            )
    return members


def _parsed(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Any:
    with archive.open(member) as file:
        text = file.read(MAX_TEXT + 1)
    if len(text) > MAX_TEXT:
        raise ModelError(
            f"expected {member.filename!r} of at most {MAX_TEXT:,} bytes. Received: more."
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as reason:
        raise ModelError(
            f"expected {member.filename!r} to be JSON, as Keras writes it. Received: "
            f"{str(reason)[:80]}"
        ) from reason


def _weights(
    path: Path, file: BinaryIO, archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> BinaryIO:
    if member.compress_type != zipfile.ZIP_STORED:
        return _unpacked(path, archive, member)
    archive.open(member).close()  # which looks at the member's own beginning
    file.seek(member.header_offset)
    header = file.read(_LOCAL.size)
    start = member.header_offset + _LOCAL.size + sum(_LOCAL.unpack(header))
    window = Window(path, file, start, member.compress_size)
    if member.compress_size != member.file_size or _checksum(window) != member.CRC:
        raise zipfile.BadZipFile("the weights differ from their checksum")
    return window


def _checksum(file: BinaryIO) -> int:
    checksum = 0
    file.seek(0)
    while piece := file.read(_PIECE):
        checksum = zlib.crc32(piece, checksum)
    return checksum


def _unpacked(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> BinaryIO:
    most = min(_MAX_UNPACKED, _FACTOR * member.compress_size + _MORE)
    unpacked = Unpacked(path)
    with archive.open(member) as packed:
        while piece := packed.read(_PIECE):
            if unpacked.tell() + len(piece) > most:
                raise ModelError(
                    f"expected weights that unpack to at most {most:,} bytes. Received: "
                    "more. Save the model again with Keras, which packs no weights."
                )
            unpacked.write(piece)
    return unpacked
