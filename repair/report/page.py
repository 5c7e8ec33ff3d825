"""An inspection as one page that needs nothing else: no script, no other file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from repair.metrics import with_range
from repair.report.document import document
from repair.report.inspection import Inspection
from repair.report.sections.curves import operating_section, pruning_section
from repair.report.sections.next import next_section
from repair.report.sections.patterns import patterns_section
from repair.report.sections.pictures import pictures_section
from repair.report.sections.suspicion import suspicion_section
from repair.report.words import words

# Below this clean accuracy the images are hardly of what the network was trained on.
_LEAST_ACCURACY = 0.5
# So many labels are named in a sentence.
_NAMED = 4
_SPELLED = {
    "raw": "as they are",
    "255": "÷ 255",
    "pm1": "from -1 to 1",
    "torch": "as in Torch's ImageNet networks",
    "caffe": "as in Caffe's ImageNet networks: BGR, mean off",
    "standard": "standardised",
}


def page(
    inspection: Inspection,
    pictures: dict[str, bytes],
    steps: Sequence[tuple[str, str]] = (),
) -> str:
    """The page, well-formed HTML.

    Args:
        inspection: What was found out.
        pictures: File name -> PNG, for each gallery and each pattern.
        steps: What to do next, and the command for it.
    """
    said, heard = inspection.verdict, inspection.heard
    tone = {"backdoor found": "found", "cannot be told": "unsure"}.get(
        said.kind, "open"
    )
    name, sure = escape(inspection.file), said.sureness(inspection.case.clean.names)
    parts = [
        f'<header class="{tone}">',
        f'<p class="eyebrow">Inspection of {name}</p>',
        f"<h1>{escape(inspection.headline)}</h1>",
        f"<p>{escape(_plainly(inspection))}</p>",
        f"<p><strong>Confidence: {escape(sure)}.</strong> {escape(said.reason)}</p>",
        f"<p>{_meaning(inspection)}</p>",
        "</header>",
        words(heard.twin and heard.twin.on_card()),
        _network(inspection),
        next_section(steps, said.kind, stand_in=heard.unlearned is not None),
        suspicion_section(inspection),
        operating_section(inspection),
        patterns_section(inspection, pictures),
        pictures_section(inspection, pictures),
        pruning_section(inspection),
        f'<footer class="soft">Seed {inspection.settings.seed}. All figures are in '
        f"<code>inspect.json</code>{', the pictures beside it' * bool(pictures)}.</footer>",
    ]
    return document(f"{inspection.headline}: {inspection.file}", parts)


def _plainly(inspection: Inspection) -> str:
    """What the verdict means, for who knows nothing of backdoors."""
    said = inspection.verdict
    if said.kind == "cannot be told":
        return "Whether the network is backdoored can not be told from these images."
    if said.kind != "backdoor found":
        return (
            "Nothing was found that turns the network's answer into one and the same label, "
            "whatever the image shows."
        )
    surely = [x for x in said.found if said.sure_of(x) == "high"]
    perhaps = [x for x in said.found if x not in surely]
    can, first, then = "can", surely, perhaps
    if not surely:
        can, first, then = "can, it seems,", perhaps, []
    into = f"into {_either(inspection, first)}"
    if then:
        into += f", and perhaps into {_either(inspection, then)}"
    return (
        f"Something in an image, often small or faint, {can} turn the network's answer {into}, "
        "whatever the image shows."
    )


def _either(inspection: Inspection, labels: Sequence[int]) -> str:
    if len(labels) > _NAMED:
        return f"any of {len(labels)} labels"
    return " or ".join(f"label {inspection.named(label)}" for label in labels)


def _meaning(inspection: Inspection) -> str:
    """What the verdict means, and what the detector does with such a network."""
    found = inspection.findings.with_status("found")
    of_watched = inspection.findings.with_status("watched")
    watched = len(of_watched)
    most = f"{watched} labels" if watched > 1 else "one label"
    draws = "draw" if watched > 1 else "draws"
    sought = _sought(inspection)
    which = f"which {draws} somewhat more of them than usual"
    if found:
        one = len(found) == 1
        these, them = ("this label", "it") if one else ("these labels", "one of them")
        further = f" It watches {most} too, {which}: a further target may hide there."
        rest = further if watched else ""
        led = (
            f", or {sought} leads any image there, more surely than usual"
            if sought
            else ""
        )
        strict = "on less evidence than most."
        if not inspection.findings.is_strict_on(found):
            strict = (
                "on no less evidence than others, since of the clean images that may be "
                "flagged half are left to labels that were not found."
            )
        return (
            f"Images disturbed at random drift to {these} far more than to any "
            f"other, against what the witnesses say{led}. The detector "
            f"flags an answer with {them} {strict}{rest} "
            f"{_unlearned(inspection, these)}"
        )
    does = "flags an answer on the evidence of the witnesses alone."
    if watched:
        does = f"watches {most} anyway, {which}."
        if inspection.findings.is_strict_on(of_watched):
            less = "an answer with such a label is flagged on less evidence."
            does = f"watches {most} anyway, {which}: {less}"
    return (
        "No label draws disturbed images far more than others do"
        f"{f', and nothing like {sought} leads to one more surely' if sought else ''}. That is "
        "no proof: a trigger that resembles nothing that was tried leaves no trace here. The "
        f"detector {does}"
    )


def _sought(inspection: Inspection) -> str:
    """What was sought beside the disturbances."""
    sought = inspection.findings.sought
    names = ("a faint pattern", "a warp", "a colour filter")
    every = (sought.patterns, sought.warps, sought.filters)
    return " or ".join(x for x, found in zip(names, every, strict=True) if found)


def _unlearned(inspection: Inspection, these: str) -> str:
    """Who answers an image with a label that was found, if it is not flagged."""
    copy = inspection.heard.unlearned
    if copy is None:
        return (
            "No copy of the network could unlearn what leads there without losing its "
            "classes, or there are too few images to tell."
        )
    return (
        f"A copy of the network unlearned what leads to {these}, and answers in its place "
        f"there: it has a clean accuracy of {copy.accuracy:.1%} on images that it has "
        "not seen."
    )


def _network(inspection: Inspection) -> str:
    case, share = inspection.case, inspection.findings.estimated_fpr
    facts = {
        "Classes (N)": str(case.num_classes),
        "Pixels go in": _SPELLED[case.preprocessing.kind],
        "Clean images": f"{len(case.clean)}{', no labels' * inspection.unlabelled}",
        "Clean accuracy": _percent(inspection.clean_accuracy),
        "Estimated false positives": "not estimated: too few images"
        if share is None
        else with_range(share, len(inspection.heard.clean)),
    }
    items = [
        f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts.items()
    ]
    estimate = "There are too few clean images to estimate false positives from."
    if share is not None:
        estimate = (
            "False positives are counted on clean images, each held out of the fit in turn. "
            "The thresholds are set to flag about so many of these; of further images it may "
            "be up to the bound (95 %), and of images unlike them more."
        )
    parts = [f"<dl>{''.join(items)}</dl>", f'<p class="soft">{estimate}</p>']
    accuracy = inspection.clean_accuracy
    if accuracy is not None and accuracy < _LEAST_ACCURACY:
        parts.insert(0, '<p class="caution">The network does not know these clean images. '
                     "Are they of the classes that it was trained on, in the same order? "
                     "If not, or if it is broken, nothing below means much.</p>")  # fmt: skip
    return "\n".join(parts)


def _percent(share: float | None) -> str:
    return "not known" if share is None else f"{share:.2%}"
