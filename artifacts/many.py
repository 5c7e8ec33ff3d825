"""Scores many inputs: finds them, decodes and labels them, writes a line each."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from artifacts.card import Artifact
from artifacts.errors import DetectorError
from artifacts.labelling import BATCH, Decoded, Failure, decode, score
from artifacts.names import spelled
from artifacts.output_file import OutputFile
from artifacts.progress import Progress
from artifacts.reading.kinds import Kinds, passed_over
from artifacts.reading.sources import STDIN, Piece, pieces
from artifacts.reading.unwritten import check_unread, unwritten
from artifacts.results import (
    Form,
    Stdout,
    is_line_of,
    json_line,
    tab_separated,
)
from artifacts.runtime.load import loaded
from artifacts.streams import check_interrupted


def label_many(artifact: Artifact, arguments: argparse.Namespace) -> tuple[int, int]:
    """Writes a line for each image that can be labelled, an error for each other.

    Args:
        artifact: The detector.
        arguments: ``inputs``, ``resize``, ``formats``, ``json``, ``names``, ``output``
            and ``resume``.

    Returns:
        How many images were labelled, and how many inputs were not.

    Raises:
        DetectorError: If the detector can not be loaded, or the output is unfit.
        BrokenPipeError: If nobody reads the results.
    """
    size, kinds = artifact.image_shape, Kinds(tuple(arguments.formats))
    names = None
    if arguments.names:
        names = spelled(artifact.card, as_json=arguments.json)
    spell = str if names is None else names.__getitem__
    form = json_line if arguments.json else tab_separated
    output: Stdout | OutputFile = Stdout()
    if arguments.output is not None:
        mark = _mark(artifact, arguments)
        output = OutputFile(
            arguments.output, mark, resume=arguments.resume, batch=BATCH
        )
    progress = _progress(arguments, size)
    labelled, failed, passed = output.trusted, 0, Counter[str]()
    try:
        found = pieces(arguments.inputs, size, kinds, passed)
        if arguments.output is not None:
            check_unread(arguments.output, arguments.inputs, kinds)
            if STDIN in arguments.inputs:
                found = unwritten(found, arguments.output)
        if isinstance(output, OutputFile) and output.trusted:
            again = partial(decode, size=size, resize=arguments.resize, kinds=kinds)
            found = without_scored(found, output.lines(), form, again, names)
        scored = score(
            *(found, partial(loaded, artifact), size),
            resize=arguments.resize,
            kinds=kinds,
        )
        for batch in scored:
            if isinstance(batch, Failure):
                failed += 1
                progress.say(f"error: {batch.reason}")
                continue
            artifact.check_labels(max(label for _, label in batch))
            ends = ((form(source), label) for source, label in batch)
            output.write("".join(f"{e[0]}{spell(label)}{e[1]}" for e, label in ends))
            labelled += len(batch)
            progress.at(labelled + failed)
        check_interrupted()
        if not labelled + failed:
            raise DetectorError("nothing to label. Expected at least one image.")
        if labelled:
            output.finish()
        if passed:
            progress.say(passed_over(passed))
    finally:
        progress.clear()
        output.close()
    return labelled, failed


def without_scored(
    found: Iterable[Piece | DetectorError],
    lines: Iterator[bytes],
    form: Form,
    decode: Callable[[Piece], Decoded],
    names: Iterable[str] | None = None,
) -> Iterator[Piece | DetectorError]:
    """What is left to decode, once the inputs that have a line are passed over.

    Lines stand in the order of inputs. An input between two lines was broken when they
    were written, so it must be broken now, or these are not the inputs of then.

    Raises:
        DetectorError: If the lines are not those of the first inputs.
    """
    known = frozenset(name.encode() for name in names or ())
    line = next(lines, None)
    for piece in found:
        if line is None or isinstance(piece, DetectorError):
            yield piece
            continue
        for count, source in enumerate(piece.sources()):
            if line is None:
                yield piece.after(count)
                break
            if is_line_of(line, form(source), known):
                line = next(lines, None)
                continue
            [(_, answer)] = decode(source.piece())
            if not isinstance(answer, DetectorError):
                raise _other_inputs()
            yield answer
    if line is not None:
        raise _other_inputs()


def _other_inputs() -> DetectorError:
    return DetectorError(
        "--resume: the results so far are of other inputs than these. Give the same "
        "inputs in the same order, or remove the hidden .partial file to start anew."
    )


def _mark(artifact: Artifact, arguments: argparse.Namespace) -> str:
    """Eight digits that tell detectors and the options that change lines apart."""
    settings = (
        f"{arguments.json} {arguments.resize} {arguments.names} {artifact.digest}"
    )
    return hashlib.sha256(settings.encode()).hexdigest()[:8]


def _progress(arguments: argparse.Namespace, size: tuple[int, ...]) -> Progress:
    """A bar where it does not disturb; inputs are counted first where they can be."""
    to_terminal = arguments.output is None and sys.stdout.isatty()
    shown = sys.stderr.isatty() and not to_terminal
    total = None
    if shown and STDIN not in arguments.inputs:
        found = pieces(arguments.inputs, size, Kinds(tuple(arguments.formats)))
        total = sum(len(x) for x in found if isinstance(x, Piece))
    return Progress(total, shown=shown)
