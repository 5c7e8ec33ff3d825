"""The sections of an inspection's page: suspicion, pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from repair.methods.witnesses.looks.disturbances import FAMILIES, SHAPES
from repair.report.charts import Bar, bar_chart
from repair.report.document import image
from repair.report.gallery import Gallery
from repair.report.inspection import Inspection
from repair.verdict import Kind

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

_SOUGHT = " And for each label a faint pattern was sought that leads any image there."
# What to make of a verdict.
_NEXT = {
    "backdoor found": "Do not use the network alone. Its detector answers as it does on clean "
    "images, and says so where an image is poisoned.",
    "no sign of a backdoor": "That is no proof. Where much depends on it, use the network's "
    "detector: it answers as the network does on clean images, and flags the images on which "
    "original and repaired network contradict each other.",
    "cannot be told": "Find out first why the network does not know these images: other "
    "classes, another order of labels, other pixels than it was trained on.",
}


def next_section(steps: Sequence[tuple[str, str]], kind: Kind) -> str:
    """What to do next, a command each."""
    if not steps:
        return ""
    items = [
        f"<li>{escape(text)}:<pre><code>{escape(command)}</code></pre></li>"
        for text, command in steps
    ]
    return (
        f"<h2>What to do next</h2><p>{_NEXT[kind]}</p>"
        f'<ol class="steps">{"".join(items)}</ol>'
    )


def _glossary(families: Sequence[str]) -> str:
    told = "; ".join(
        f"<b>{name}</b>: {_FAMILIES.get(name, 'see the documentation')}"
        for name in families
    )
    return (
        '<p class="soft">A label is <b>found</b> if its strength is at least 1: it counts '
        "as an attacker's target. A label is <b>watched</b> if the "
        "network strays to it, when unsure, more than to others. Most networks have such "
        "favourites, so this proves nothing; but a target that does not stand out would "
        "be among them, and so "
        "the detector is strict there too.</p>"
        f'<p class="soft">The disturbances, drawn at random. {told}.</p>'
    )


def suspicion_section(inspection: Inspection) -> str:
    """A bar chart and a table of the most suspicious labels."""
    findings = inspection.findings
    bars = [
        Bar(str(label), float(findings.strength[label]), findings.status(label))
        for label in inspection.listed
    ]
    chart = bar_chart(
        bars,
        1.0,
        title="What speaks for the most suspicious labels",
        limit_text="found from 1 on",
    )
    kinds = {"found": "found", "watched": "watched", "other": "other labels"}
    key = [f'<span><i class="{kind}"></i>{text}</span>' for kind, text in kinds.items()]
    columns = ("Label", "Status", "Strength", "Works on others", "Pattern", "Threshold")
    heads = [*columns, *inspection.recipe.evidence]
    rows = [_row(inspection, label) for label in inspection.listed]
    drawn = [
        f'<p class="key soft">{"".join(key)}</p>',
        f"<figure>{chart}</figure>",
        '<div class="wide"><table><thead><tr>',
        *(f"<th>{head}</th>" for head in heads),
        "</tr></thead><tbody>",
        *rows,
        "</tbody></table></div>",
    ]
    return "\n".join(
        [
            "<h2>Suspicion</h2>",
            "<p>Clean images were disturbed a little, at random, "
            f"{len(inspection.heard.weights):,} times. Where that turned the network's "
            "answer into another label, although the class can still be recognised, it "
            "tells against that label: a disturbance that resembles a trigger does so. "
            "What was changed was then tried on images of other classes, since a trigger "
            f"works on any.{_SOUGHT * bool(findings.patterns)} Strength is what speaks for a "
            "target, as a multiple of what it takes.</p>",
            *(drawn if rows else ["<p>No label draws anything that tells.</p>"]),
            _glossary(inspection.recipe.evidence),
            '<p class="soft">Works on others: the share of images of other classes that '
            "the changes lead to the label, too, while the head recognises theirs. Of many "
            "classes a little is enough; where hardly any other label draws anything, none "
            "is needed. Pattern: the share of such images that a faint pattern, sought for "
            "the label, leads to it; what tells is how sure the network and a copy that "
            "forgets are of these. Right: which kinds of disturbance the suspicion comes from. "
            "Threshold: the evidence of all witnesses, a weighted sum of -log(share of clean "
            "images that say as much), from which on an answer with the label is "
            "flagged.</p>",
        ]
    )


def _row(inspection: Inspection, label: int) -> str:
    findings = inspection.findings
    kind, limit = findings.status(label), findings.threshold(label)
    worked = findings.carried.get(label)
    carried = "not tried" if worked is None else f"{worked:.0%}"
    told = inspection.evidence[:, label]
    shares = told / max(told.sum(), 1)
    cells = [
        f'<td style="background: rgb(224 120 60 / {0.55 * share:.2f})">{share:.0%}</td>'
        for share in shares
    ]
    reached = f"{limit:.2f}".replace("-", "\u2212")
    name = escape(inspection.named(label))
    start = f"<td>{name}</td><td>{kind}</td><td>{findings.strength[label]:.1f}</td>"
    led = findings.pattern_works_on(label)
    sought = "not sought" if led is None else f"{led:.0%}"
    start += f"<td>{carried}</td><td>{sought}</td><td>{reached}</td>"
    return f'<tr class="{kind}">{start}{"".join(cells)}</tr>'


def pictures_section(inspection: Inspection, pictures: dict[str, bytes]) -> str:
    """A figure per gallery, from file name -> PNG; nothing where there is none."""
    if not inspection.galleries:
        return ""
    return "\n".join(
        [
            "<h2>What drew the network there</h2>",
            "<p>The disturbed images that count most, each of another clean image: little "
            "was changed, and the class can still be recognised. And where disturbances "
            "that count lie. A label that was not found need not be a target: networks have "
            "favourites of their own. But look whether all its pictures have the same thing "
            "at the same place.</p>",
            *(
                _figure(inspection, one, pictures[one.file])
                for one in inspection.galleries
            ),
        ]
    )


def _figure(inspection: Inspection, gallery: Gallery, content: bytes) -> str:
    disturbed, names = inspection.heard.disturbed, list(FAMILIES)
    kinds = Counter(names[disturbed.families[index]] for index in gallery.examples)
    sure = disturbed.confidence[gallery.examples]
    told = ", ".join(f"{count} by {kind}" for kind, count in kinds.most_common())
    range_ = " to ".join(dict.fromkeys(f"{x:.2f}" for x in (sure.min(), sure.max())))
    caption = f"Disturbed {told}; confidence {range_}."
    if gallery.local:
        caption += (
            f" Large: mean difference from the clean image over the {gallery.local} most "
            f"convincing images disturbed by {', '.join(SHAPES[:-1])} or {SHAPES[-1]}; the "
            f"lightest place differs {gallery.peak:.1f} times as much as the average."
        )
    return "\n".join(
        [
            f"<figure><h3>Label {escape(inspection.named(gallery.label))} "
            f"({inspection.findings.status(gallery.label)})</h3>",
            image(content, f"Disturbed images that the network calls {gallery.label}"),
            f"<figcaption>{caption}</figcaption></figure>",
        ]
    )
