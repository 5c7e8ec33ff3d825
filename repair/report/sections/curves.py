"""The sections of an inspection's page that are curves: threshold, pruning."""

from __future__ import annotations

import math
from html import escape

import numpy as np

from repair.report.charts import Axis, curve_chart, line_chart
from repair.report.inspection import Inspection


def operating_section(inspection: Inspection) -> str:
    """What other thresholds would cost, and where this one stands."""
    findings = inspection.findings
    if findings.estimated_fpr is None:
        return ""
    thresholds, shares = findings.operating_curve()
    usual, most = findings.usual_threshold, float(shares.max())
    step = 0.02 if most <= 0.12 else 0.2
    levels = [level * step for level in range(int(most / step) + 2)]
    whole = range(math.ceil(thresholds[0]), math.floor(thresholds[-1]) + 1)
    chart = curve_chart(
        list(zip(thresholds.tolist(), shares.tolist(), strict=True)),
        Axis(
            *(thresholds[0], thresholds[-1], [(x, str(x)) for x in whole]),
            "usual threshold: the evidence from which on an answer is flagged",
        ),
        Axis(0, levels[-1], [(y, f"{y:.0%}") for y in levels], "estimated FPR"),
        title="Estimated false positives against the threshold",
        mark=(usual, findings.estimated_fpr, f"{findings.estimated_fpr:.2%}"),
    )
    return (
        "<h2>How strict it is</h2><p>What share of clean images would be flagged if all "
        "thresholds were lower or higher. The detector stands at the point; the higher the "
        "threshold, the more triggers pass. Another point is chosen with <code>--max-fpr "
        f"SHARE</code>, here and for <code>build</code>.</p><figure>{chart}</figure>"
    )


def pruning_section(inspection: Inspection) -> str:
    """The layer that the head stands on, and the pruning curve."""
    name, reason = (escape(text) for text in inspection.heard.layer)
    parts = [
        "<h2>Layer</h2>",
        f"<p>The head stands on <code>{name}</code>: {reason}.</p>",
    ]
    if inspection.pruning is not None:
        parts += _pruning(*inspection.pruning, unlabelled=inspection.unlabelled)
    return "\n".join(parts)


def _pruning(layer: str, curve: np.ndarray, *, unlabelled: bool) -> list[str]:
    chart = line_chart(
        curve.tolist(),
        title=f"Clean accuracy against pruned channels of {layer}",
        x_text=f"channels of {layer} pruned, of {len(curve)}",
        y_text="agreement" if unlabelled else "clean accuracy",
    )
    return [
        "<h2>Pruning</h2>",
        f"<p>Clean accuracy while the channels of <code>{escape(layer)}</code> are silenced, "
        "those that sleep most on clean images first. A long flat start is spare capacity, in "
        "which a backdoor can live.</p>",
        f"<figure>{chart}</figure>",
    ]
