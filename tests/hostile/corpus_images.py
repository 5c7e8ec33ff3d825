"""Images that are bombs, broken, of another format, or no files at all."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from corpus import Good, Write, add
from PIL import Image
from toys import SHAPE, toy_people

PIXELS = toy_people(1, seed=7).images[1]
SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB = Image.fromarray(PIXELS)


def chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def header(columns: int, rows: int, bits: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, bits, colour, 0, 0, 0))


def lines(rows: int, width: int) -> bytes:
    return chunk(b"IDAT", zlib.compress(bytes((width + 1) * rows), 9))


END = chunk(b"IEND", b"")
FINE = [header(SHAPE[1], SHAPE[0]), lines(SHAPE[0], SHAPE[1] * 3), END]


def png(*parts: bytes) -> bytes:
    return SIGNATURE + b"".join(parts)


def saved(kind: str, image: Image.Image = RGB, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def content(name: str, data: bytes) -> Write:
    def write(folder: Path, good: Good) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return write


def of_size(columns: int, rows: int) -> bytes:
    return saved("PNG", RGB.resize((columns, rows)))


OTHER = Image.fromarray(255 - PIXELS)
FLOAT = Image.fromarray(PIXELS[..., 0].astype(np.float32))
WHOLE, JPEG = saved("PNG"), saved("JPEG")
SCANS = saved("JPEG", progressive=True, quality=50)
LAST_SCAN = SCANS[SCANS.rindex(b"\xff\xda") : -2]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="12"/>'
EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 12\n(%pipe%touch trace) (w) file\n"
)
for name, data in {
    "bomb.png": png(header(60_000, 60_000, 1, 0), lines(4000, 7500), END),
    "size of the format.png": png(header(2**31 - 1, 2**31 - 1), END),
    "no columns.png": png(header(0, 12), lines(12, 0), END),
    "no rows.png": png(header(10, 0), lines(0, 0), END),
    "1 x n.png": of_size(1, 12),
    "n x 1.png": of_size(10, 1),
    "larger.png": of_size(11, 12),
    "wide jpeg.jpg": saved("JPEG", RGB.resize((65_000, 1))),
    "no lines.png": png(header(10, 12), END),
    "few lines.png": png(header(10, 12), lines(3, 30), END),
    "bad check.png": WHOLE[:40] + b"\0\0\0\0" + WHOLE[44:],
    "bad depth.png": png(header(10, 12, 3), lines(12, 30), END),
    "bad colour.png": png(header(10, 12, 8, 9), lines(12, 30), END),
    "no header.png": png(lines(12, 30), END),
    "bad stream.png": png(header(10, 12), chunk(b"IDAT", b"\xff" * 99), END),
    "chunk beyond the end.png": png(FINE[0], struct.pack(">I", 1 << 30), b"IDAT"),
    "text bomb.png": png(
        FINE[0], chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50 << 20))), *FINE[1:]
    ),
    "iTXt bomb.png": png(
        FINE[0],
        chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(50 << 20))),
        *FINE[1:],
    ),
    "ICC bomb.png": png(
        FINE[0], chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(50 << 20))), *FINE[1:]
    ),
    "endless file.png": WHOLE + bytes(33 << 20),
    "animated.png": saved("PNG", RGB, save_all=True, append_images=[OTHER]),
    "animated.gif": saved("GIF", RGB, save_all=True, append_images=[OTHER]),
    "animated.webp": saved("WEBP", RGB, save_all=True, append_images=[OTHER]),
    "still.gif": saved("GIF"),
    "still.webp": saved("WEBP"),
    "picture.bmp": saved("BMP"),
    "picture.ppm": saved("PPM"),
    "picture.tiff": saved("TIFF"),
    "picture.ico": saved("ICO"),
    "picture.jp2": saved("JPEG2000"),
    "floats.tiff": saved("TIFF", FLOAT),
    "picture.pdf": saved("PDF"),
    "picture.tga": saved("TGA"),
    "gif as.png": saved("GIF"),
    "tiff as.jpg": saved("TIFF"),
    "picture.svg": SVG,
    "picture.eps": EPS,
    "postscript as.png": EPS,
    "zip.png": b"PK\x03\x04" + WHOLE,
    "html.png": b"<html><script>alert(1)</script>",
    "script.png": b"#!/bin/sh\ntouch trace\n",
    "empty.png": b"",
    "signature.png": SIGNATURE,
    "junk.jpg": b"\xff\xd8" + b"\xff" * 300_000,
    "endless markers.jpg": b"\xff\xd8" + b"\xff\xe1\0\x02" * 100_000,
    "many scans.jpg": SCANS[:-2] + LAST_SCAN * 20_000 + SCANS[-2:],
    "many chunks.png": png(FINE[0], chunk(b"abCd", b"") * 20_000),
    "no tables.jpg": JPEG[:20] + JPEG[-200:],
    "\x1b]0;evil\x07.png": b"",
    "two\nlines.png": b"",
    "\u202egnp.png": b"",
    "\udcff.png": b"",
}.items():
    add("image", repr(name), content(name, data))
for share in (0.05, 0.2, 0.4, 0.6, 0.8):
    add(
        "image",
        f"PNG cut at {share:.0%}",
        content("x.png", WHOLE[: int(share * len(WHOLE))]),
    )
    add(
        "image",
        f"JPEG cut at {share:.0%}",
        content("x.jpg", JPEG[: int(share * len(JPEG))]),
    )
for name, data in {
    "after the end": WHOLE + b"PK\x03\x04 and more",
    "large EXIF": saved(
        "JPEG", exif=b"Exif\0\0" + b"MM\0*\0\0\0\x08" + b"\xff" * 60_000
    ),
    "pixels without end": png(FINE[0], lines(4000, 60_000), END),
    "large ICC": saved("PNG", icc_profile=b"x" * 500_000),
}.items():
    CASE = content("odd.png", data)
    add("image", f"odd: {name}", CASE, may_pass=True)
for place in range(8, len(WHOLE), max(1, len(WHOLE) // 12)):
    data = WHOLE[:place] + bytes([WHOLE[place] ^ 0xFF]) + WHOLE[place + 1 :]
    add("image", f"PNG byte {place} flipped", content("x.png", data), may_pass=True)


def special(folder: Path, good: Good) -> dict[str, Path]:
    """Places that are no plain files."""
    os.mkfifo(folder / "pipe.png")
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "folder.png").mkdir()
    return {
        "pipe": folder / "pipe.png",
        "endless link": folder / "loop.png",
        "folder": folder / "folder.png",
        "missing": folder / "missing.png",
        "device": Path("/dev/zero"),
        "long name": folder / ("x" * 300),
    }


for each in (
    "pipe",
    "endless link",
    "folder",
    "missing",
    "device",
    "long name",
):
    add("image", f"file: {each}", lambda f, good, each=each: special(f, good)[each])
