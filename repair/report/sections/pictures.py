"""Pictures of what drew a network to its most suspicious labels."""

from __future__ import annotations

from collections import Counter
from html import escape

from repair.methods.witnesses.looks.disturbances import FAMILIES, SHAPES
from repair.report.document import image
from repair.report.gallery import Gallery
from repair.report.inspection import Inspection


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
