"""How suspicious each label is: a chart, a table, and what their words mean."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from repair.report.charts import Bar, bar_chart
from repair.report.inspection import Inspection

# What each family of disturbances puts on an image.
_FAMILIES = {
    "blobs": "soft round spots of colour",
    "bars": "thin straight strokes of colour",
    "occluders": "opaque shapes that cover a part, as glasses or stickers do",
    "stripes": "stripes or waves over the whole image",
    "filters": "colours changed all over, as through a coloured glass",
    "blends": "another picture shining through",
    "noise": "every pixel changed a little at random",
}

_COLUMNS = (
    "Strength",
    "Works on others",
    "Pattern",
    "Warp",
    "Filter",
    "Threshold",
    "Drawn there by",
)
# Of the kinds of disturbance those that draw at least this share are named.
_NAMED_FROM = 0.1
_SOUGHT = {
    "patterns": " And for each label a faint pattern was sought that leads any image there.",
    "warps": " So was a warp, which moves pixels a little.",
    "filters": " Likewise colour filters, for the labels that these lead to most surely.",
}


def _glossary(families: Sequence[str], *, strict: bool) -> str:
    told = "; ".join(
        f"<b>{name}</b>: {_FAMILIES.get(name, 'see the documentation')}"
        for name in families
    )
    return (
        '<p class="soft">A label is <b>found</b> if its strength is at least 1: it counts '
        "as an attacker's target. A label is <b>watched</b> if the "
        "network strays to it, when unsure, more than to others. Most networks have such "
        "favourites, so this proves nothing; but a target that does not stand out would "
        f"be among them{', and so the detector is strict there too' * strict}.</p>"
        f'<p class="soft">The disturbances, drawn at random. {told}.</p>'
    )


def suspicion_section(inspection: Inspection) -> str:
    """A bar chart and a table of the most suspicious labels."""
    findings = inspection.findings
    bars = [
        Bar(inspection.named(x), float(findings.strength[x]), findings.status(x))
        for x in inspection.listed
    ]
    chart = bar_chart(
        bars,
        1.0,
        title="What speaks for the most suspicious labels",
        limit_text="found from 1 on",
    )
    kinds = {"found": "found", "watched": "watched", "other": "other labels"}
    key = [f'<span><i class="{kind}"></i>{text}</span>' for kind, text in kinds.items()]
    rows = [_row(inspection, label) for label in inspection.listed]
    drawn = [
        f'<p class="key soft">{"".join(key)}</p>',
        f"<figure>{chart}</figure>",
        '<div class="wide"><table><thead><tr>',
        *(f"<th>{head}</th>" for head in ("Label", "Status", *_COLUMNS)),
        "</tr></thead><tbody>",
        *rows,
        "</tbody></table></div>",
        f'<p class="soft">{_not_listed(inspection)}</p>',
    ]
    return "\n".join(
        [
            "<h2>Suspicion</h2>",
            "<p>Clean images were disturbed a little, at random, "
            f"{len(inspection.heard.weights):,} times. Where that turned the network's "
            "answer into another label, although the class can still be recognised, it "
            "tells against that label: a disturbance that resembles a trigger does so. "
            "What was changed was then tried on images of other classes, since a trigger "
            f"works on any.{_sought(inspection)} Strength is what speaks for a target, "
            "as a multiple of what it takes to call it one.</p>",
            *(drawn if rows else ["<p>No label draws anything that tells.</p>"]),
            _glossary(
                inspection.recipe.evidence,
                strict=findings.is_strict_on(findings.with_status("watched")),
            ),
            '<p class="soft">Works on others: the share of images of other classes that '
            "the changes lead to the label, too, while the head recognises theirs. Of many "
            "classes a little is enough; where hardly any other label draws anything, none "
            "is needed. Pattern, warp, filter: the share of such images that a faint pattern, "
            "a warp or a colour filter, sought for the label, leads to it; what tells is how "
            "sure the network and a copy that forgets are of these. Drawn there by: the kinds "
            "of disturbance that the suspicion comes from, without those of less than a "
            "tenth. Threshold: the evidence of all witnesses, a weighted sum of -log(share of "
            "clean images that say as much), from which on an answer with the label is "
            "flagged.</p>",
        ]
    )


def _sought(inspection: Inspection) -> str:
    sought = inspection.findings.sought
    return "".join(told for kind, told in _SOUGHT.items() if getattr(sought, kind))


def _row(inspection: Inspection, label: int) -> str:
    findings = inspection.findings
    kind, limit = findings.status(label), findings.threshold(label)
    worked = findings.carried.get(label)
    led = (
        findings.pattern_works_on(label),
        findings.warp_works_on(label),
        findings.filter_works_on(label),
    )
    cells = (
        f"{findings.strength[label]:.1f}",
        "not tried" if worked is None else f"{worked:.0%}",
        *("not sought" if one is None else f"{one:.0%}" for one in led),
        f"{limit:.2f}".replace("-", "\u2212"),
        _drawn_by(inspection, label),
    )
    start = f"<td>{escape(inspection.named(label))}</td><td>{kind}</td>"
    rest = "".join(
        f'<td data-name="{name}">{cell}</td>'
        for name, cell in zip(_COLUMNS, cells, strict=True)
    )
    return f'<tr class="{kind}">{start}{rest}</tr>'


def _drawn_by(inspection: Inspection, label: int) -> str:
    """The kinds of disturbance that most of the suspicion comes from, most first."""
    told = inspection.evidence[:, label]
    shares = told / max(told.sum(), 1)
    order = np.argsort(-shares, kind="stable")
    named = [
        f"{inspection.recipe.evidence[index]}\u00a0{shares[index]:.0%}"
        for index in order
        if shares[index] >= _NAMED_FROM
    ]
    return ", ".join(named) or "\u2013"


def _not_listed(inspection: Inspection) -> str:
    """Why labels are missing."""
    findings, listed = inspection.findings, inspection.listed
    missing = inspection.case.num_classes - len(listed)
    if not missing:
        return "These are all labels of the network."
    suspected = np.count_nonzero((findings.suspicion > 0) | (findings.strength > 0))
    labels = "label is" if missing == 1 else "labels are"
    why = "nothing speaks for it" if missing == 1 else "nothing speaks for any of them"
    if suspected > len(listed):
        why = "less speaks for these than for those shown"
    return f"{missing:,} further {labels} not shown: {why}."
