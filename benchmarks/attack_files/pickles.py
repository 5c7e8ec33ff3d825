"""Pickles under other names, and how they hide from scanners."""

from __future__ import annotations

import io
import pickle
import timeit

import numpy as np

from benchmarks.attack_files.attack import Attack, Trace, named, pickled


def _broken() -> bytes:
    return pickled()[:-1] + b"\xff broken behind the payload"


def _unlisted() -> bytes:
    """Runs code through a function that is on no list of dangerous ones."""
    return pickle.dumps(Trace(timeit.timeit))


def _objects() -> bytes:
    content = io.BytesIO()
    np.save(content, np.array([Trace()], object), allow_pickle=True)
    return content.getvalue()


def _behind_nothing() -> bytes:
    """A harmless pickle, and the harmful one behind it, where a loop of loads comes to it."""
    return pickle.dumps({"weights": [1.0, 2.0]}) + pickled()


PICKLES = (
    Attack("pickle named .h5", "a pickle for whoever goes by the content",
           named("network.h5", pickled)),
    Attack("CVE-2025-10155", "a pickle under the name of Torch's files",
           named("network.bin", pickled)),
    Attack("CVE-2025-10157", "a pickle that calls what no list names",
           named("network.keras", _unlisted)),
    Attack("nullifAI, broken", "a pickle that breaks behind its payload (ReversingLabs, 2025)",
           named("network.keras", _broken)),
    Attack("protocol 0", "a pickle of printable letters",
           named("network.keras", lambda: pickled(0))),
    Attack("second pickle", "a harmless pickle, and another behind it",
           named("network.keras", _behind_nothing)),
    Attack("NumPy's objects", "an array of objects, which NumPy pickles",
           named("network.npy", _objects)),
)  # fmt: skip
