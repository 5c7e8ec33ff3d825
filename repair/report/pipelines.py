"""The files for pipelines that a command was asked to write beside its answer."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from artifacts.errors import printable
from artifacts.packages import need
from repair.errors import RepairFailedError
from repair.report.bill import write_bill
from repair.report.sarif import write_sarif
from repair.report.subject import Subject


def check_packages(arguments: argparse.Namespace) -> None:
    """Makes sure, before long work, that the files that were asked for can be written.

    Raises:
        InputError: If packages are missing.
    """
    if arguments.sarif is not None:
        need("--sarif", "pipelines", "sarif_pydantic")
    if arguments.bom is not None:
        need("--bom", "pipelines", "cyclonedx")


def write_for_pipelines(
    subjects: Sequence[Subject], arguments: argparse.Namespace
) -> None:
    """Writes the files that ``--sarif`` and ``--bom`` name.

    Raises:
        RepairFailedError: If one can not be written.
    """
    for write, place in ((write_sarif, arguments.sarif), (write_bill, arguments.bom)):
        if place is None:
            continue
        try:
            write(subjects, place)
        except OSError as reason:
            raise RepairFailedError(
                f"{printable(str(place))}: can not be written, though all else was done. "
                f"Received: {reason.strerror or reason}. Mend that and run it again."
            ) from reason
