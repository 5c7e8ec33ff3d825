"""A bill of materials as CycloneDX: networks and data, their hashes, their model cards."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifacts.card import sha256
from artifacts.listed import CARD
from repair.process.whole_file import write_whole
from repair.reasons import NO_TRACE
from repair.report.subject import Subject

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

_NETWORK, _DATA, _DETECTOR = "network", "clean-data", "detector"
_OF_CARD = "The hash is that of card.json, which lists the hashes of all files."
_LIMITS = f"No sign of a backdoor is no proof: a {NO_TRACE}"


def write_bill(subjects: Sequence[Subject], path: Path) -> None:
    """Writes a bill with a model card for each network and detector."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    bill = Bom()
    bill.metadata.tools.components.add(
        Component(name="badnet-repair", type=ComponentType.APPLICATION)
    )
    cards = {}
    for number, subject in enumerate(subjects):
        network, data, detector = _components(subject, number)
        parts = [network, data] + ([] if detector is None else [detector])
        for each in parts:
            bill.components.add(each)
        bill.register_dependency(network, [])
        if detector is not None:
            bill.register_dependency(detector, [network, data])
        for kind, part in ((_NETWORK, network), (_DETECTOR, detector)):
            if part is not None:
                cards[str(part.bom_ref)] = _model_card(subject, kind, str(data.bom_ref))
    whole = json.loads(JsonV1Dot6(bill).output_as_string())
    for one in whole["components"]:
        if one["bom-ref"] in cards:  # which the library does not write
            one["modelCard"] = cards[one["bom-ref"]]
    write_whole(path, f"{json.dumps(whole, indent=1)}\n".encode())


def _components(
    subject: Subject, number: int
) -> tuple[Component, Component, Component | None]:
    """The network, the clean data, and the detector if one was built."""
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType

    def component(path: Path, kind: str, digest: str) -> Component:
        model = ComponentType.MACHINE_LEARNING_MODEL
        return Component(
            name=_spelled(path),
            type=ComponentType.DATA if kind == _DATA else model,
            bom_ref=f"{kind}-{number}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
            description=_OF_CARD if kind == _DETECTOR else None,
        )

    digests, built = subject.digests, subject.detector
    return (
        component(subject.network, _NETWORK, digests["badnet"]),
        component(subject.clean, _DATA, digests["clean_data"]),
        None if built is None else component(built, _DETECTOR, sha256(built / CARD)),
    )


def _model_card(subject: Subject, kind: str, data: str) -> dict[str, Any]:
    card, said = subject.card, subject.verdict
    size = card["input"]
    answers = "a class" if kind == _NETWORK else "a class, or N for a poisoned image"
    shape = f"{size['rows']} x {size['columns']} x {size['channels']}"
    accuracy = card["clean_accuracy"]["original" if kind == _NETWORK else "detector"]
    measured = {"clean accuracy": accuracy}
    if kind == _DETECTOR:
        measured["estimated FPR"] = card["estimated_false_positive_rate"]
    told = {
        "verdict": said.headline,
        "confidence": said.confidence,
        "reason": said.reason,
        "watched labels": ", ".join(map(str, said.watched)),
    }
    return {
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": "image classification",
            "inputs": [{"format": f"pixels 0..255, {shape}"}],
            "outputs": [{"format": f"{answers}; N = {card['num_classes']}"}],
            "datasets": [{"ref": data}],
        },
        "quantitativeAnalysis": {
            "performanceMetrics": [
                {"type": name, "value": f"{value:.4f}"}
                for name, value in measured.items()
                if value is not None
            ]
        },
        "considerations": {"technicalLimitations": [_LIMITS]},
        "properties": [
            {"name": f"badnet-repair:{name}", "value": value}
            for name, value in told.items()
        ],
    }


def _spelled(path: Path) -> str:
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")
