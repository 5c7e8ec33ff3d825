"""The steps of the Beam pipeline; each calls the code of the command on one machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics

from artifacts.errors import DetectorError, printable
from artifacts.labelling import decode
from artifacts.reading.sources import Piece, Source, of_file, paths
from artifacts.results import json_line, tab_separated

COUNTERS = "badnet-repair"
LABELLED, FAILED = "labelled", "failed"  # counters; the latter names the side output


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an input was not labelled."""

    source: Source
    reason: str


class Find(beam.DoFn):
    """From an argument to files; folders and patterns are searched by a worker."""

    def process(self, element: bytes) -> Iterator[Any]:
        """Yields pieces of whole files, and failures aside."""
        argument = os.fsdecode(element)
        for path in paths([argument]):
            if isinstance(path, DetectorError):
                yield _failed(Source(argument), path)
            else:
                yield Piece(path)


class Cut(beam.DoFn):
    """From a file to pieces that are decoded at once: ranges of an HDF5 file."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size

    def process(self, element: Piece) -> Iterator[Any]:
        """Yields pieces, and failures aside."""
        for piece in of_file(element.path, self._size):
            if isinstance(piece, DetectorError):
                yield _failed(Source(element.path), piece)
            else:
                yield piece


class Decode(beam.DoFn):
    """From a piece to images, by the same code as the command on one machine."""

    def __init__(self, size: tuple[int, int], resize: bool) -> None:
        self._size = size
        self._resize = resize

    def process(self, element: Piece) -> Iterator[Any]:
        """Yields sources with ``(rows, columns, 3)`` uint8, and failures aside."""
        answers = decode(element, size=self._size, resize=self._resize)
        for source, answer in answers:
            if isinstance(answer, DetectorError):
                yield _failed(source, answer)
            else:
                yield source, answer


class LabelLine(beam.DoFn):
    """The line of an image, as the command on one machine writes it."""

    def __init__(self, as_json: bool) -> None:
        self._form = json_line if as_json else tab_separated
        self._counter = Metrics.counter(COUNTERS, LABELLED)

    def process(self, element: tuple[Source, Any]) -> Iterator[str]:
        """Yields one line without its end."""
        source, result = element
        before, after = self._form(source)
        self._counter.inc()
        yield f"{before}{result.inference}{after}".removesuffix("\n")


class FailureLine(beam.DoFn):
    """``PATH<TAB>REASON``, or ``{"path": ..., "index": ..., "error": ...}``."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._counter = Metrics.counter(COUNTERS, FAILED)

    def process(self, element: Failure) -> Iterator[str]:
        """Yields one line without its end."""
        source = element.source
        self._counter.inc()
        if self._as_json:
            index = {} if source.index is None else {"index": source.index}
            yield json.dumps({"path": source.path, **index, "error": element.reason})
        else:
            yield f"{_name(source)}\t{element.reason}"


def _failed(source: Source, error: DetectorError) -> beam.pvalue.TaggedOutput:
    """A failure for the side output; its reason does not say the path again."""
    reason = str(error).removeprefix(f"{_name(source)}: ")
    return beam.pvalue.TaggedOutput(FAILED, Failure(source, reason))


def _name(source: Source) -> str:
    index = "" if source.index is None else f"#{source.index}"
    return f"{printable(source.path)}{index}"
