"""PNGs that hold all their lines, and ones that hold some."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from artifacts.reading.png import has_all_lines

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


def chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(1, 1), (10, 12), (47, 55)])
def test_what_pillow_writes_is_whole(tmp_path, mode, size):
    Image.new(mode, size, 1).save(tmp_path / "x.png")
    assert has_all_lines((tmp_path / "x.png").read_bytes())


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize("missing", [0, 1, 31])
@pytest.mark.parametrize("parts", [1, 5])
def test_missing_bytes_are_noticed(tmp_path, interlaced, missing, parts):
    """Interlaced, a picture of 10 x 12 has 2+2+2+3+3+6+6 lines of 5 to 30 bytes."""
    columns, rows = 10, 12
    lengths = [rows * (1 + columns * 3)]
    if interlaced:
        starts = [(0, 0), (4, 0), (0, 4), (2, 0), (0, 2), (1, 0), (0, 1)]
        steps = [(8, 8), (8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2)]
        pixels = np.zeros((rows, columns))
        lengths = []
        for (left, top), (across, down) in zip(starts, steps, strict=True):
            part = pixels[top::down, left::across]
            lengths.append(len(part) * (1 + part.shape[1] * 3))
    stream = zlib.compress(bytes(sum(lengths) - missing))
    step = -(-len(stream) // parts)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, interlaced)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    for start in range(0, len(stream), step):
        content += chunk(b"IDAT", stream[start : start + step])
    path = tmp_path / "x.png"
    path.write_bytes(content + chunk(b"IEND", b""))
    assert has_all_lines(path.read_bytes()) == (not missing)
