"""What a worker does: labels a shard and writes its files. Knows nothing of Ray."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from artifacts.card import Artifact, read_artifact
from artifacts.errors import DetectorError, printable
from artifacts.labelling import Batch, Failure, score
from artifacts.ray.forms import FORMS
from artifacts.ray.parts import Done, write_part
from artifacts.ray.shards import Shard
from artifacts.reading.kinds import Kinds
from artifacts.runtime.load import loaded

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for all shards.

    Attributes:
        home: The folder from which the command was given.
        artifact: The artifact's folder.
        card: SHA-256 of its card, so that every machine labels with the same one.
        size: Rows, columns and channels of its images.
        resize: Bring image files of another size to this one.
        formats: Of image files that are read besides PNG and JPEG.
        form: One of ``FORMS``.
        names: Write the names of classes, which the card knows.
        parts: Where the files of shards go.
    """

    home: str
    artifact: str
    card: str
    size: tuple[int, ...]
    resize: bool
    formats: tuple[str, ...]
    form: str
    names: bool
    parts: Path


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a shard could not be done here, though perhaps elsewhere.

    Attributes:
        reason: In words.
        missing: The file that is not to be seen here, if that is the reason.
    """

    reason: str
    missing: str | None = None


def label_shard(job: Job, shard: Shard, *, anyway: bool) -> Done | Trouble:
    """Labels a shard and writes its files.

    Args:
        job: What is the same for all shards.
        shard: The inputs.
        anyway: A missing input is a failure like any other; else nothing is labelled
            then, since another machine may see it.
    """
    try:
        os.chdir(job.home)
        if not anyway:
            for path in dict.fromkeys(piece.path for piece in shard.pieces):
                if not os.path.lexists(path):
                    return Trouble(f"{printable(path)}: no such file", path)
        labels, failures = _labelled(job, shard)
        form = FORMS[job.form]
        names = _names(job) if labels and job.names else None
        done = Done(shard.digest(), len(labels), len(failures))
        contents = (
            form.labels(labels, names) if labels else b"",
            form.failures(failures) if failures else b"",
        )
        write_part(job.parts, shard.number, form.suffix, contents, done)
    except OSError as reason:
        where = printable(str(reason.filename or job.parts))
        return Trouble(f"{where}: {reason.strerror or reason}")
    except DetectorError as reason:
        return Trouble(str(reason))
    return done


def _labelled(job: Job, shard: Shard) -> tuple[Batch, list[Failure]]:
    labels: Batch = []
    failures = list(shard.failures)
    ready = partial(_detector, job.artifact, job.card)
    kinds = Kinds(job.formats)
    scored = score(shard.pieces, ready, job.size, resize=job.resize, kinds=kinds)
    for batch in scored:
        if isinstance(batch, Failure):
            failures.append(batch)
        else:
            labels += batch
    return labels, failures


def _names(job: Job) -> list[str]:
    return FORMS[job.form].spelling(_artifact(job.artifact, job.card).card)


@lru_cache(maxsize=1)
def _detector(folder: str, card: str) -> Callable[[np.ndarray], np.ndarray]:
    """The artifact, loaded once a process."""
    return loaded(_artifact(folder, card))


@lru_cache(maxsize=1)
def _artifact(folder: str, card: str) -> Artifact:
    artifact = read_artifact(Path(folder))
    if artifact.digest != card:
        raise DetectorError(
            f"{printable(folder)}: expected the artifact of the machine that gave the "
            "command. Received: another card."
        )
    return artifact
