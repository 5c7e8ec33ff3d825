"""An inspection as one page that needs nothing else, and the files beside it."""

from __future__ import annotations

import base64
import io
import json
from collections import Counter
from html import escape
from pathlib import Path

from repair.charts import Bar, bar_chart, line_chart
from repair.disturbances import FAMILIES
from repair.gallery import LOCAL, Gallery, picture
from repair.inspection import (
    FAMILY_NAMES,
    FOUND_FROM,
    Inspection,
    picture_name,
    report,
    status,
    threshold,
    with_status,
)
from repair.page_style import STYLE

# Below this clean accuracy the images are hardly those that the network was trained on.
_KNOWS_THEM = 0.5
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_inspection(inspection: Inspection, folder: Path) -> Path:
    """Writes ``inspect.html``, ``inspect.json`` and a picture per gallery.

    Args:
        inspection: What was found out.
        folder: It exists; files of these names are replaced.

    Returns:
        The page.
    """
    pictures = {picture_name(one): _png(one) for one in inspection.galleries}
    figures = json.dumps(report(inspection), indent=1, allow_nan=False)
    whole = page(inspection, pictures)
    for name, content in pictures.items():
        (folder / name).write_bytes(content)
    (folder / "inspect.json").write_text(figures + "\n", "utf-8")
    (folder / "inspect.html").write_text(whole, "utf-8")
    return folder / "inspect.html"


def page(inspection: Inspection, pictures: dict[str, bytes]) -> str:
    """The page, well-formed HTML.

    Args:
        inspection: What was found out.
        pictures: File name -> PNG, for each gallery.
    """
    found = bool(with_status(inspection.fresh, "found"))
    name = escape(inspection.file)
    parts = [
        f'<header class="{"found" if found else "calm"}">',
        f'<p class="eyebrow">Inspection of {name}</p>',
        f"<h1>{escape(inspection.verdict)}</h1>",
        f"<p>{_meaning(inspection)}</p>",
        "</header>",
        _network(inspection),
        _suspicion(inspection),
        _pictures(inspection, pictures),
        _pruning(inspection),
        f'<footer class="soft">Seed {inspection.settings.seed}. All figures are in '
        "<code>inspect.json</code>, the pictures beside it.</footer>",
    ]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>',
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>',
            f"<title>{escape(inspection.verdict)}: {name}</title>",
            f"<style>{STYLE}</style>\n</head>\n<body>",
            *parts,
            "</body>\n</html>\n",
        ]
    )


def _meaning(inspection: Inspection) -> str:
    """What the verdict means, and what the detector does with such a network."""
    found = with_status(inspection.fresh, "found")
    watched = len(with_status(inspection.fresh, "watched"))
    most = (
        f"{watched} most suspicious labels" if watched > 1 else "most suspicious label"
    )
    if found:
        one = len(found) == 1
        these, them = ("this label", "it") if one else ("these labels", "one of them")
        rest = f" It watches the next {most} too." if watched else ""
        return (
            f"Photographs disturbed at random drift to {these} far more than to any "
            "other, although what the convolutions see speaks against it. The detector "
            f"flags an answer with {them} unless the repaired network clearly confirms "
            f"it.{rest}"
        )
    does = "flags an answer only where the repaired network disagrees loudly."
    if watched:
        does = (
            f"watches the {most} anyway: an answer with such a label is flagged as soon "
            "as the repaired network disagrees."
        )
    return (
        "No label draws disturbed photographs far more than others do. That is no proof: "
        "a trigger that no random disturbance resembles leaves no trace here. The "
        f"detector {does}"
    )


def _network(inspection: Inspection) -> str:
    case, estimate = inspection.case, inspection.fresh.estimated_fpr
    agreement = inspection.unlabelled
    facts = {
        "People (N)": str(case.num_classes),
        "Pixels go in": "raw" if case.scale == 1 else "÷ 255",
        "Clean images": f"{len(case.clean)}{', no labels' if agreement else ''}",
        "Clean accuracy": "not known"
        if agreement
        else f"{inspection.clean_accuracy:.2%}",
        "Estimated false positives": "not known"
        if estimate is None
        else f"{estimate:.2%}",
    }
    items = [
        f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts.items()
    ]
    parts = [
        f"<dl>{''.join(items)}</dl>",
        '<p class="soft">False positives are estimated on clean images, each held out of '
        "the fit in turn: rather too many for further photographs like these, but no "
        "promise for photographs unlike them.</p>",
    ]
    if inspection.clean_accuracy < _KNOWS_THEM:
        parts.insert(0, '<p class="caution">The network does not know these clean images. '
                     "Are they of the people that it was trained on, in the same order? "
                     "If not, nothing below means much.</p>")  # fmt: skip
    return "\n".join(parts)


def _suspicion(inspection: Inspection) -> str:
    fresh = inspection.fresh
    bars = [
        Bar(str(label), float(fresh.suspicion[label]), status(fresh, label))
        for label in inspection.listed
    ]
    chart = bar_chart(
        bars,
        FOUND_FROM,
        title="Suspicion of the most suspicious labels",
        limit_text=f"found from {FOUND_FROM:g} on",
    )
    kinds = {"found": "found", "watched": "watched", "other": "other labels"}
    key = [f'<span><i class="{kind}"></i>{text}</span>' for kind, text in kinds.items()]
    heads = ["Label", "Status", "Score", "Threshold", *FAMILY_NAMES]
    rows = [_row(inspection, label) for label in inspection.listed]
    return "\n".join(
        [
            "<h2>Suspicion</h2>",
            "<p>How much each label is suspected of being an attacker's target: how often "
            "and how surely the network gives it to a disturbed photograph against what its "
            "own convolutions see.</p>",
            f'<p class="key soft">{"".join(key)}</p>',
            f"<figure>{chart}</figure>",
            '<div class="wide"><table><thead><tr>',
            *(f"<th>{head}</th>" for head in heads),
            "</tr></thead><tbody>",
            *rows,
            "</tbody></table></div>",
            '<p class="soft">Right: which kinds of disturbance the score comes from. '
            "Threshold: how much likelier (log odds) the repaired network must hold another "
            "label for an answer to be flagged; 0 is plain disagreement, below 0 even weak "
            "agreement is flagged.</p>",
        ]
    )


def _row(inspection: Inspection, label: int) -> str:
    fresh, kind = inspection.fresh, status(inspection.fresh, label)
    score, limit = float(fresh.suspicion[label]), threshold(fresh, label)
    shares = inspection.evidence[:, label] / score
    cells = [
        f'<td style="background: rgb(224 120 60 / {0.55 * share:.2f})">{share:.0%}</td>'
        for share in shares
    ]
    reached = "never" if limit is None else f"{limit:.2f}".replace("-", "\u2212")
    start = f"<td>{label}</td><td>{kind}</td><td>{score:.1f}</td><td>{reached}</td>"
    return f'<tr class="{kind}">{start}{"".join(cells)}</tr>'


def _pictures(inspection: Inspection, pictures: dict[str, bytes]) -> str:
    if not inspection.galleries:
        return ""
    return "\n".join(
        [
            "<h2>What drew the network there</h2>",
            "<p>The disturbed photographs that the network gives the label most surely, each "
            "of another photograph, and where disturbances that do so lie. A watched label "
            "need not be a target: networks have favourites of their own.</p>",
            *(
                _figure(inspection, one, pictures[picture_name(one)])
                for one in inspection.galleries
            ),
        ]
    )


def _figure(inspection: Inspection, gallery: Gallery, content: bytes) -> str:
    looks, names = inspection.fresh.disturbed, list(FAMILIES)
    kinds = Counter(names[looks.families[index]] for index in gallery.examples)
    sure = looks.confidence[gallery.examples]
    told = ", ".join(f"{count} by {kind}" for kind, count in kinds.most_common())
    range_ = " to ".join(dict.fromkeys(f"{x:.2f}" for x in (sure.min(), sure.max())))
    caption = f"Disturbed {told}; confidence {range_}."
    if gallery.local:
        caption += (
            f" Large: mean difference from the photograph over the {gallery.local} most "
            f"convincing images disturbed by {', '.join(LOCAL[:-1])} or {LOCAL[-1]}; the "
            f"lightest place differs {gallery.peak:.1f} times as much as the average."
        )
    source = base64.b64encode(content).decode("ascii")
    return "\n".join(
        [
            f"<figure><h3>Label {gallery.label} ({status(inspection.fresh, gallery.label)})"
            "</h3>",
            f'<img alt="Disturbed photographs that the network calls {gallery.label}" '
            f'src="data:image/png;base64,{source}"/>',
            f"<figcaption>{caption}</figcaption></figure>",
        ]
    )


def _pruning(inspection: Inspection) -> str:
    layer = escape(inspection.settings.layer)
    count = len(inspection.curve)
    chart = line_chart(
        inspection.curve.tolist(),
        title=f"Clean accuracy against pruned channels of {inspection.settings.layer}",
        x_text=f"channels of {inspection.settings.layer} pruned, of {count}",
        y_text="agreement" if inspection.unlabelled else "clean accuracy",
    )
    return "\n".join(
        [
            "<h2>Pruning</h2>",
            f"<p>Clean accuracy while the channels of <code>{layer}</code> are silenced, those "
            "that sleep most on clean images first. A long flat start is spare capacity, in "
            "which a backdoor can live.</p>",
            f"<figure>{chart}</figure>",
        ]
    )


def _png(gallery: Gallery) -> bytes:
    buffer = io.BytesIO()
    picture(gallery).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
