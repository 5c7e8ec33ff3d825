"""Labels images in an Apache Beam pipeline: find, cut, decode, infer, write shards."""

from __future__ import annotations

import argparse
import io
import json
import os
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import apache_beam as beam
from apache_beam.metrics import Metrics, MetricsFilter
from apache_beam.ml.inference.base import KeyedModelHandler, RunInference
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners.runner import PipelineState

from artifacts.beam_handler import ArtifactHandler
from artifacts.errors import DetectorError, printable
from artifacts.results import json_line, tab_separated
from artifacts.scoring import decode
from artifacts.sources import Piece, Source, of_file, paths

if TYPE_CHECKING:
    import numpy as np

_COUNTERS = "badnet-repair"
_LABELLED, _FAILED = "labelled", "failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an input was not labelled."""

    source: Source
    reason: str


def run(
    arguments: argparse.Namespace, size: tuple[int, int], options: list[str]
) -> tuple[int, int]:
    """Runs the pipeline to its end.

    Args:
        arguments: ``folder``, ``inputs``, ``output``, ``shards``, ``json``, ``resize``.
        size: Rows and columns of the artifact's images.
        options: Options of Beam and its runner, such as ``["--runner=FlinkRunner"]``.

    Returns:
        How many images were labelled, and how many inputs were not.

    Raises:
        DetectorError: If an option is unknown, or the job fails.
    """
    beam_options = _parsed(options)
    try:
        pipeline = beam.Pipeline(options=beam_options)
        add_steps(pipeline, arguments, size)
        result = pipeline.run()
        state = result.wait_until_finish()
        if state != PipelineState.DONE:
            raise DetectorError(f"the job is {state}.")
    except Exception as reason:  # each runner has its own
        text = printable(" ".join(f"{type(reason).__name__}: {reason}".split()))
        raise DetectorError(f"the Beam job failed. Received: {text[:400]}") from reason
    return _count(result, _LABELLED), _count(result, _FAILED)


def _parsed(options: list[str]) -> PipelineOptions:
    """Refuses what Beam would pass over; a job server alone may know more options."""
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            parsed = PipelineOptions(options)
            known = parsed.get_all_options()
    except SystemExit as stop:
        line = said.getvalue().strip().rpartition("error: ")[2]
        raise DetectorError(f"options of Beam: {line}.") from stop
    if known["runner"] in (None, *StandardOptions.LOCAL_RUNNERS):
        every = parsed.get_all_options(retain_unknown_options=True)
        if unknown := sorted(every.keys() - known.keys()):
            raise DetectorError(f"options of Beam: there is no --{unknown[0]}.")
    return parsed


def add_steps(
    pipeline: beam.Pipeline, arguments: argparse.Namespace, size: tuple[int, int]
) -> None:
    """Everything between the names of inputs and the two kinds of output files.

    What travels between machines are pieces, names of files with ranges of indices; a
    worker decodes and labels its pieces in one go.
    """
    given = [os.fsencode(argument) for argument in arguments.inputs]
    suffix = ".jsonl" if arguments.json else ".tsv"
    files, unfound = (
        pipeline
        | "Inputs" >> beam.Create(given)
        | "Find" >> beam.ParDo(Find()).with_outputs(_FAILED, main="found")
    )
    cut, unreadable = (
        files
        | "Spread files" >> beam.Reshuffle()
        | "Cut" >> beam.ParDo(Cut(size)).with_outputs(_FAILED, main="cut")
    )
    images, undecoded = (
        cut
        | "Spread pieces" >> beam.Reshuffle()
        | "Decode"
        >> beam.ParDo(Decode(size, arguments.resize)).with_outputs(
            _FAILED, main="images"
        )
    )
    _ = (
        images
        | "Label" >> RunInference(KeyedModelHandler(ArtifactHandler(arguments.folder)))
        | "Lines" >> beam.ParDo(LabelLine(arguments.json))
        | "Write labels" >> _write(arguments.output, suffix, arguments.shards)
    )
    _ = (
        (unfound, unreadable, undecoded)
        | "All failures" >> beam.Flatten()
        | "Failure lines" >> beam.ParDo(FailureLine(arguments.json))
        | "Write failures"
        >> _write(f"{arguments.output}-errors", suffix, arguments.shards)
    )


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
        self._counter = Metrics.counter(_COUNTERS, _LABELLED)

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
        self._counter = Metrics.counter(_COUNTERS, _FAILED)

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
    return beam.pvalue.TaggedOutput(_FAILED, Failure(source, reason))


def _name(source: Source) -> str:
    index = "" if source.index is None else f"#{source.index}"
    return f"{printable(source.path)}{index}"


def _write(prefix: str, suffix: str, shards: int) -> beam.PTransform:
    return beam.io.WriteToText(
        prefix, file_name_suffix=suffix, num_shards=shards, skip_if_empty=True
    )


def _count(result: Any, name: str) -> int:
    wanted = MetricsFilter().with_namespace(_COUNTERS).with_name(name)
    return sum(x.result for x in result.metrics().query(wanted)["counters"])
