r"""The folders in which Keras 3 and tf.keras from 2.12 keep weights.

``layers/conv2d/vars/0`` is a dataset in groups within groups. Written on Windows by
tf.keras 2.12 to 2.15, ``layers\conv2d`` is the name of one group, which no other system's
Keras finds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import islice

import h5py

from repair.errors import ModelError
from repair.reading.described.calls import MAX_LAYERS
from repair.reading.hdf5 import child, dataset

_MAX_VARIABLES = 100  # of one layer
_MAX_NAMES = 4 * MAX_LAYERS
_MAX_DEPTH = 40  # models in models to a depth of ten, and what a layer is made of


@dataclass(frozen=True)
class Folder:
    """A layer's folder, or one of several layers.

    Attributes:
        group: The group itself; where names hold paths, the one that all of these lie in.
        paths: All paths that names hold, and what they begin with; None where none does.
        path: Where names hold paths: its own.
    """

    group: h5py.Group
    paths: Collection[str] | None = None
    path: str = ""

    def below(self, name: str) -> Folder | None:
        """A folder in this one, if it is there.

        Raises:
            ModelError: If it lies in another file.
        """
        if self.paths is not None:
            path = f"{self.path}\\{name}" if self.path else name
            return replace(self, path=path) if path in self.paths else None
        if not isinstance(self.group, h5py.Group) or name not in self.group:
            return None
        return Folder(child(self.group, name, ModelError))

    def variables(self) -> list[h5py.Dataset]:
        """The datasets vars/0, vars/1, ...

        Raises:
            ModelError: If one is missing, unsafe or too large.
        """
        group = self.group
        if self.paths is not None:
            if self.path not in group:
                return []
            group = child(group, self.path, ModelError)
        if not isinstance(group, h5py.Group) or "vars" not in group:
            return []
        variables = child(group, "vars", ModelError)
        count = min(len(variables), _MAX_VARIABLES)
        return [
            dataset(variables, str(index), ModelError, weights=True)
            for index in range(count)
        ]


def spelled_on_windows(file: h5py.Group) -> Folder:
    """The folder that a whole file is whose groups have paths as names."""
    paths: set[str] = set()
    for name in islice(file, _MAX_NAMES):
        parts = name.split("\\", _MAX_DEPTH)
        if 1 < len(parts) <= _MAX_DEPTH:
            paths |= {"\\".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return Folder(file, paths)
