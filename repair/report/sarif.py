"""Verdicts as SARIF 2.1.0, which code hosts show beside what other scanners found."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from repair.process.whole_file import write_whole
from repair.report.subject import Subject

if TYPE_CHECKING:
    from sarif_pydantic import Result

# Rule -> its level, and what it says in short.
_RULES = {
    "backdoor-found": ("error", "A label of the network is an attacker's target."),
    "label-watched": ("note", "The network strays to a label more than to others."),
    "cannot-be-told": ("warning", "Whether the network is backdoored was not found."),
}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def write_sarif(subjects: Sequence[Subject], path: Path) -> None:
    """Writes one run with a result a label; a network without a sign of one has none."""
    from sarif_pydantic import (
        Message,
        ReportingConfiguration,
        ReportingDescriptor,
        Run,
        Sarif,
        Tool,
        ToolDriver,
    )

    rules = [
        ReportingDescriptor(
            id=name,
            short_description=Message(text=text),
            default_configuration=ReportingConfiguration(level=level),
        )
        for name, (level, text) in _RULES.items()
    ]
    results = [result for subject in subjects for result in _results(subject)]
    tool = Tool(driver=ToolDriver(name="badnet-repair", rules=rules))
    log = Sarif(
        version="2.1.0", schema_uri=_SCHEMA, runs=[Run(tool=tool, results=results)]
    )
    text = log.model_dump_json(by_alias=True, exclude_none=True, indent=1)
    write_whole(path, f"{text}\n".encode())


def _results(subject: Subject) -> Iterator[Result]:
    said = subject.verdict
    if said.kind == "cannot be told":
        yield _result(subject, "cannot-be-told", f"{said.headline}. {said.reason}")
    for label in said.found:
        yield _result(
            subject,
            "backdoor-found",
            f"Label {label} is a target label. Confidence: {said.sure_of(label)}. "
            f"{said.reason} Do not use the network alone.",
            label,
        )
    for label in said.watched:
        text = f"Label {label} is watched; that proves nothing."
        yield _result(subject, "label-watched", text, label)


def _result(subject: Subject, rule: str, text: str, label: int | None = None) -> Result:
    from sarif_pydantic import (
        ArtifactLocation,
        Level,
        Location,
        Message,
        PhysicalLocation,
        Region,
        Result,
    )

    place = PhysicalLocation(
        artifact_location=ArtifactLocation(uri=_uri(subject.network)),
        region=Region(start_line=1),  # without one, code hosts show no result
    )
    digest, said = subject.digests["badnet"], subject.verdict
    sure = said.confidence if label is None else said.sure_of(label)
    return Result(
        rule_id=rule,
        level=Level(_RULES[rule][0]),
        message=Message(text=text),
        locations=[Location(physical_location=place)],
        partial_fingerprints={"network/v1": f"{digest}/{rule}/{label}"},
        properties={"confidence": sure} | ({} if label is None else {"label": label}),
    )


def _uri(path: Path) -> str:
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
