"""Peak memory of scoring few images and many."""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from benchmarks.speed.whole_process import peak_memory_of
from repair.measuring.tables import Cell

_CHUNK = 1000


def peak_memory(artifact: Path, shape: Any, few: int, many: int) -> dict[str, Cell]:
    """The peaks of two processes, each over an HDF5 file of plain images."""
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (few, many):
            file = Path(folder) / f"{count}.h5"
            _write(file, count, shape)
            peaks.append(peak_memory_of(["-m", "artifacts", artifact, file]))
    return {
        "figure": f"peak memory, {many:,} images",
        "ours": f"{peaks[1] / 1e6:.0f} MB",
        "against": f"{few:,} images: {peaks[0] / 1e6:.0f} MB",
        "ratio": f"{peaks[1] / peaks[0]:.2f}",
        "goal": "<= 1.10",
    }


def _write(file: Path, count: int, shape: Any) -> None:
    """Images of one colour each, so that a million take little room on the disk."""
    rows, columns, channels = shape
    levels = np.arange(_CHUNK * channels, dtype=np.uint8).reshape(_CHUNK, channels)
    images = np.broadcast_to(
        levels[:, :, None, None], (_CHUNK, channels, rows, columns)
    )
    chunk = zlib.compress(images.tobytes())
    with h5py.File(file, "w") as data:
        stored = data.create_dataset(
            "data",
            (count, *images.shape[1:]),
            np.uint8,
            chunks=images.shape,
            compression="gzip",
        )
        for start in range(0, count, _CHUNK):
            stored.id.write_direct_chunk((start, 0, 0, 0), chunk)
