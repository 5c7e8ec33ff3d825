"""Runs the Apache Beam pipeline that labels images: find, cut, decode, infer, write."""

from __future__ import annotations

import argparse
import io
import os
from contextlib import redirect_stderr
from typing import Any

import apache_beam as beam
from apache_beam.metrics import MetricsFilter
from apache_beam.ml.inference.base import KeyedModelHandler, RunInference
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners.runner import PipelineState

from artifacts.beam.handler import ArtifactHandler
from artifacts.beam.steps import (
    COUNTERS,
    FAILED,
    LABELLED,
    Cut,
    Decode,
    FailureLine,
    Find,
    LabelLine,
)
from artifacts.errors import DetectorError, printable


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
    return _count(result, LABELLED), _count(result, FAILED)


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
        | "Find" >> beam.ParDo(Find()).with_outputs(FAILED, main="found")
    )
    cut, unreadable = (
        files
        | "Spread files" >> beam.Reshuffle()
        | "Cut" >> beam.ParDo(Cut(size)).with_outputs(FAILED, main="cut")
    )
    images, undecoded = (
        cut
        | "Spread pieces" >> beam.Reshuffle()
        | "Decode"
        >> beam.ParDo(Decode(size, arguments.resize)).with_outputs(
            FAILED, main="images"
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


def _write(prefix: str, suffix: str, shards: int) -> beam.PTransform:
    return beam.io.WriteToText(
        prefix, file_name_suffix=suffix, num_shards=shards, skip_if_empty=True
    )


def _count(result: Any, name: str) -> int:
    wanted = MetricsFilter().with_namespace(COUNTERS).with_name(name)
    return sum(x.result for x in result.metrics().query(wanted)["counters"])
