"""An inspection as files: a page, all figures as JSON, and its pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repair.dataset import Dataset
from repair.methods.witnesses.findings import Findings
from repair.methods.witnesses.looks.disturbances import FAMILIES
from repair.methods.witnesses.looks.disturbed import Disturbed
from repair.process.whole_file import write_report
from repair.report.document import png
from repair.report.gallery import Gallery, picture
from repair.report.inspection import Inspection
from repair.report.page import page
from repair.report.sections.patterns import pattern_pictures

# Names that an inspection gives its pictures.
_PICTURES = r"(label|pattern|filter)_(0|[1-9]\d*)\.png"


def write_inspection(
    inspection: Inspection, folder: Path, steps: Sequence[tuple[str, str]] = ()
) -> Path:
    """Writes ``inspect.html``, ``inspect.json`` and the pictures.

    Args:
        inspection: What was found out.
        folder: It exists; an older inspection there is replaced, its pictures, too.
        steps: What to do next, and the command for it.

    Returns:
        The page.
    """
    pictures = {one.file: png(picture(one)) for one in inspection.galleries}
    pictures |= pattern_pictures(inspection)
    figures = json.dumps(report(inspection), indent=1, allow_nan=False)
    whole = page(inspection, pictures, steps)
    contents = {
        **pictures,
        "inspect.json": f"{figures}\n".encode(),
        "inspect.html": whole.encode(),
    }
    write_report(folder, contents, _PICTURES)
    return folder / "inspect.html"


def report(inspection: Inspection) -> dict[str, Any]:
    """All figures as plain JSON values; rates in [0, 1], None = not known or never."""
    findings, case = inspection.findings, inspection.case
    pruning, verdict = inspection.pruning, inspection.verdict
    return {
        "verdict": verdict.headline,
        "confidence": verdict.confidence,
        "reason": verdict.reason,
        "found": findings.with_status("found"),
        "watched": findings.with_status("watched"),
        "network": {
            "file": inspection.file,
            "num_classes": case.num_classes,
            "pixel_scale": case.preprocessing.pixel_scale,
            "preprocessing": case.preprocessing.on_card(),
            "clean_images": len(case.clean),
            "labels": "the network's own answers" if inspection.unlabelled else "given",
            "clean_accuracy": inspection.clean_accuracy,
            "estimated_false_positive_rate": findings.estimated_fpr,
        },
        "settings": {
            "layer": inspection.heard.layer[0],
            "layer_reason": inspection.heard.layer[1],
            "seed": inspection.settings.seed,
            "max_fpr": inspection.settings.max_fpr,
        },
        "found_from": 1.0,
        "labels": [
            {
                "label": label,
                "status": findings.status(label),
                "suspicion": float(findings.suspicion[label]),
                "telling_images": int(findings.counts[label]),
                "carried_over": findings.carried.get(label),
                "pattern_works_on": findings.pattern_works_on(label),
                "filter_works_on": findings.filter_works_on(label),
                "warp_works_on": findings.warp_works_on(label),
                "strength": float(findings.strength[label]),
                "confidence": verdict.sure_of(label)
                if label in verdict.found
                else None,
                "threshold": findings.threshold(label),
                "evidence": dict(
                    zip(
                        inspection.recipe.evidence,
                        inspection.evidence[:, label].tolist(),
                        strict=True,
                    )
                ),
            }
            for label in inspection.listed
        ],
        "suspicion": findings.suspicion.tolist(),
        "telling_images": findings.counts.tolist(),
        "thresholds": [findings.threshold(label) for label in range(case.num_classes)],
        "operating_curve": _curve(findings),
        "pictures": [_described(inspection, one) for one in inspection.galleries],
        "pruning_curve": None if pruning is None else pruning[1].tolist(),
        "pruned_layer": None if pruning is None else pruning[0],
    }


def _curve(findings: Findings) -> dict[str, list[float]] | None:
    if findings.estimated_fpr is None:
        return None
    thresholds, shares = findings.operating_curve()
    return {"threshold": thresholds.tolist(), "estimated_fpr": shares.tolist()}


def _described(inspection: Inspection, gallery: Gallery) -> dict[str, Any]:
    disturbed, data = inspection.heard.disturbed, inspection.case.clean
    return {
        "label": gallery.label,
        "file": gallery.file,
        "heat_map_images": gallery.local,
        "heat_map_peak": gallery.peak,
        "examples": [_example(disturbed, data, index) for index in gallery.examples],
    }


def _example(disturbed: Disturbed, data: Dataset, index: int) -> dict[str, Any]:
    source = int(disturbed.source[index])
    return {
        "clean_image": source,
        "clean_label": int(data.labels[source]),
        "disturbance": list(FAMILIES)[disturbed.families[index]],
        "confidence": float(disturbed.confidence[index]),
    }
