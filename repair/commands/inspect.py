"""Inspects a network: what the defence believes of it, as a page, JSON and an exit code."""

from __future__ import annotations

import argparse

from repair.commands.data_options import data_options_from
from repair.commands.networks import Rows, case_of
from repair.commands.places import say_what_is_replaced
from repair.commands.repeated import on_images, repeated
from repair.errors import DatasetError, ModelError
from repair.measuring.causes import clear_cause
from repair.measuring.doubts import doubts_about_images
from repair.network.inference import sound_labels
from repair.process.notice import say
from repair.process.repeatable import make_repeatable
from repair.process.whole_file import make_folder
from repair.reading.data_file import files_of
from repair.reading.digest import digest, digest_of, moment
from repair.reading.stored.other_formats import reason_against_folder
from repair.report.files import write_inspection
from repair.report.inspection import Inspection, inspect_network
from repair.report.next_steps import after_inspection
from repair.report.pipelines import check_packages, write_for_pipelines
from repair.report.subject import Subject
from repair.settings import Settings
from repair.verdict import FAILED


def inspect(arguments: argparse.Namespace) -> Rows:
    """Writes what the defence believes about a network into a folder."""
    check_packages(arguments)
    make_folder(arguments.out)
    if arguments.model.is_dir():
        raise ModelError(f"{arguments.model}: {reason_against_folder(arguments.model)}")
    say_what_is_replaced(arguments.out, "inspect.html")
    options, labelled = data_options_from(arguments), not arguments.unlabelled
    files = files_of(arguments.clean, options, labelled=labelled)
    paths = (arguments.model, *files)
    moments = [moment(path) for path in paths]
    make_repeatable(arguments.seed)
    case = case_of(arguments.model, arguments)
    for doubt in doubts_about_images(case.clean, case.num_classes):
        say(f"warning: {arguments.clean}: {doubt}")
    answers = sound_labels(arguments.model, case.original, case.clean.images)
    clean = case.clean
    if labelled and (cause := clear_cause(answers, clean.labels, named=clean.named)):
        say(f"warning: {arguments.clean}: {cause}")
    settings = Settings(
        layer=arguments.layer, max_fpr=arguments.max_fpr, seed=arguments.seed
    )
    inspection = inspect_network(
        arguments.model.name, case, settings, unlabelled=arguments.unlabelled
    )
    digests = {"badnet": digest(arguments.model), "clean_data": digest_of(files)}
    # These shall be of what was read, not of what was there before or since.
    for path, before in zip(paths, moments, strict=True):
        if not before.lasts(moment(path)):
            raise DatasetError(
                f"{path} was changed while it was read. Inspect it again."
            )
    said = inspection.verdict
    steps = after_inspection(
        arguments.model,
        arguments.clean,
        said.kind,
        repeated(arguments, to_read=said.kind == "cannot be told"),
        unlabelled=arguments.unlabelled,
        on_images=on_images(arguments, resized=case.clean.resized),
    )
    page = write_inspection(inspection, arguments.out, steps)
    write_for_pipelines([_subject(inspection, arguments, digests)], arguments)
    if not arguments.json:
        say(f"{arguments.model}: {said.reason}")
    if said.fails(arguments.fail_on):
        arguments.exit_code = FAILED
    return [
        {
            "verdict": inspection.headline,
            "confidence": said.confidence
            if arguments.json
            else said.sureness(case.clean.names),
            "clean accuracy": inspection.clean_accuracy,
            "estimated FPR": inspection.findings.estimated_fpr,
            "page": str(page),
        }
    ]


def _subject(
    inspection: Inspection, arguments: argparse.Namespace, digests: dict[str, str]
) -> Subject:
    rows, columns, channels = inspection.case.original.input_shape[1:]
    return Subject(
        network=arguments.model,
        clean=arguments.clean,
        detector=None,
        digests=digests,
        verdict=inspection.verdict,
        card={
            "num_classes": inspection.case.num_classes,
            "input": {"rows": rows, "columns": columns, "channels": channels},
            "clean_accuracy": {"original": inspection.clean_accuracy},
        },
    )
