"""``python -m artifacts.ray FOLDER INPUT... --output PREFIX``: labels on many machines."""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import socket
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import artifacts.at_once  # noqa: F401  (before all others)
from artifacts.card import read_artifact
from artifacts.errors import DetectorError, InputError, printable
from artifacts.packages import need
from artifacts.progress import Progress
from artifacts.quiet import silent
from artifacts.ray.options import ray_parser
from artifacts.reading.kinds import Kinds, passed_over
from artifacts.reading.patterns import matches
from artifacts.reading.sources import STDIN
from artifacts.streams import (
    INTERRUPTED,
    check_interrupted,
    heed_signals,
    prepare_streams,
    say,
)

_SECONDS_TO_CONNECT = 10
# Workers get this package's source, whatever they have; the artifact they find themselves.
_SOURCE = {
    "py_modules": [str(Path(__file__).resolve().parents[1])],
    "excludes": ["*.*", "!*.py", "!."],
    "env_vars": {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_NUM_INTRAOP_THREADS": "1"},
}


def main() -> int:
    """Labels the inputs: 0 if every image was labelled, 1 if some were, 2 if none."""
    prepare_streams()
    arguments = ray_parser().parse_args()
    try:
        labelled, failed = _label(arguments)
    except InputError as reason:
        say(f"error: {reason}\n")
        return 2
    except KeyboardInterrupt:
        say("error: interrupted. Continue with --resume.\n")
        return INTERRUPTED
    where = f" See {printable(arguments.output)}-errors-*." if failed else ""
    say(f"{labelled:,} labelled, {failed:,} not.{where}\n")
    return 0 if labelled and not failed else 1 if labelled else 2


def _label(arguments: argparse.Namespace) -> tuple[int, int]:
    artifact = read_artifact(Path(arguments.folder))
    _check(arguments)
    from artifacts.ray.forms import FORMS
    from artifacts.ray.parts import Parts
    from artifacts.ray.shards import shards
    from artifacts.ray.work import Job

    form, images = arguments.form, arguments.images_per_file
    if arguments.names:
        FORMS[form].spelling(artifact.card)  # refused here, not on every machine
    formats = tuple(arguments.formats)
    options = (
        form,
        arguments.resize,
        formats,
        arguments.names,
        images,
        artifact.digest,
    )
    mark = hashlib.sha256(repr(options).encode()).hexdigest()[:8]
    suffix = FORMS[form].suffix
    parts = Parts(arguments.output, suffix, mark, resume=arguments.resume)
    passed = Counter[str]()
    progress = Progress(None, shown=sys.stderr.isatty())
    job = Job(
        home=str(Path.cwd()),
        artifact=arguments.folder,
        card=artifact.digest,
        size=artifact.image_shape,
        resize=arguments.resize,
        formats=formats,
        form=form,
        names=arguments.names,
        parts=parts.folder,
    )
    try:
        cluster = _connected(arguments.address)
        run = cluster.Run(job, parts, progress)
        found = (arguments.inputs, artifact.image_shape, images, Kinds(formats))
        run.all(shards(*found, passed))
        if not run.count:
            raise DetectorError("nothing to label. Expected at least one image.")
        check_interrupted()
        parts.finish(run.count)
        if passed:
            progress.say(passed_over(passed))
    finally:
        progress.clear()
        parts.close()
    return run.labelled, run.failed


def _connected(address: str | None) -> Any:
    """The module that talks to the cluster, once there is one.

    Raises:
        DetectorError: If there is none.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    with silent():
        import ray

        from artifacts.ray import cluster
    try:
        _check_reachable(address)
        with silent():
            ray.init(
                address=address,
                runtime_env=_SOURCE,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
    except Exception as reason:  # Ray raises plain ones too
        text = printable(" ".join(str(reason).split()))[:300]
        raise DetectorError(
            f"expected a Ray cluster. Received: {text}. Start one with ray start --head, "
            "or leave --address out to use this machine."
        ) from reason
    heed_signals()
    return cluster


def _check_reachable(address: str | None) -> None:
    """Ray itself tries for minutes.

    Raises:
        OSError: If nobody listens there.
    """
    address = address or os.environ.get("RAY_ADDRESS", "")
    host, _, port = address.rpartition(":")
    if port.isdecimal():
        host = host.rpartition("/")[2]
        socket.create_connection((host, int(port)), _SECONDS_TO_CONNECT).close()


def _check(arguments: argparse.Namespace) -> None:
    """Says what can be known before Ray is imported.

    Raises:
        InputError: If no input is there, or Ray is not.
    """
    if STDIN in arguments.inputs:
        raise DetectorError("-: expected paths, which workers read. Received: stdin.")
    if not any(map(_is_there, arguments.inputs)):
        raise DetectorError(
            f"{printable(arguments.inputs[0])}: expected an image, a folder, a pattern "
            "or an HDF5 file. Received: no such file."
        )
    need("artifacts.ray", "ray", "ray", "pyarrow")


def _is_there(argument: str) -> bool:
    if os.path.lexists(argument):
        return True
    return next(matches(argument), None) is not None


if __name__ == "__main__":
    sys.exit(main())
