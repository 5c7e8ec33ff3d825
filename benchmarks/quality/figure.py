"""All measurements as one figure: ASR and FPR of each method, a dot a network and trigger.

python -m benchmarks.quality.figure benchmarks/results.json --out results.png

Needs ``pip install -e '.[figures]'``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.packages import need
from benchmarks.quality.records import Records
from repair.process.run import run
from repair.process.whole_file import new_file
from repair.settings import METHODS

Row = Mapping[str, Any]
# Of a domain: method -> figure -> values in percent.
Values = dict[str, dict[str, list[float]]]

_FIGURES = ("ASR", "FPR")
_NOBODY = "BadNet alone"
_DOMAINS = {"cifar10": "CIFAR-10", "gtsrb": "traffic signs"}
_METHODS = {METHODS[0]: f"{METHODS[0]}, the default"}
_DOT, _WORST, _NONE = "#2f6fb5", "#c8321f", "#9aa4ae"


def main() -> None:
    """Draws what the command line names."""
    parser = argparse.ArgumentParser("python -m benchmarks.quality.figure")
    add = parser.add_argument
    add("results", type=Path, help="what --json of benchmarks.quality wrote")
    add("--out", type=Path, required=True, metavar="FILE", help=".png, .svg or .pdf")
    options = parser.parse_args()

    def draw() -> None:
        need("figure", "figures", "matplotlib")
        _draw(values(Records(options.results).rows), options.out)

    run(draw)


def values(rows: Iterable[Row]) -> dict[str, Values]:
    """What is drawn: domain -> method -> ASR and FPR in percent, the BadNet's ASR first.

    Only measurements with all clean images and their labels count; of several seeds the
    worst one.
    """
    worst: dict[tuple[str, str, str, tuple[Any, ...]], float] = {}
    for row in rows:
        if row.get("images") is not None or row.get("unlabelled"):
            continue
        subject = (row["group"], row["network"], row["data"])
        told = [(row["method"], name, row.get(name)) for name in _FIGURES]
        told.append((_NOBODY, "ASR", row.get("BadNet ASR")))
        for method, name, value in told:
            if value is not None and value == value:
                key = (row["domain"], method, name, subject)
                worst[key] = max(100 * value, worst.get(key, 0.0))
    found: dict[str, Values] = {}
    for (domain, method, name, _), value in worst.items():
        methods = found.setdefault(domain, {_NOBODY: {}})
        methods.setdefault(method, {}).setdefault(name, []).append(value)
    return found


def _draw(domains: Mapping[str, Values], out: Path) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    heights = [len(methods) for methods in domains.values()]
    figure, every = pyplot.subplots(
        len(domains),
        len(_FIGURES),
        figsize=(9, 0.8 + sum(0.42 * height + 0.75 for height in heights)),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for axes, (domain, methods) in zip(every, domains.items(), strict=True):
        for place, name in zip(axes, _FIGURES, strict=True):
            shown = _DOMAINS.get(domain, domain)
            place.set_title(f"{shown}: {name}, percent", loc="left", fontsize=10)
            _panel(place, [(x, methods[x].get(name, [])) for x in _ordered(methods)])
        names = [_named(x, methods) for x in _ordered(methods)]
        axes[0].set_yticks(range(len(names)), names, fontsize=9)
        axes[1].set_yticks([])
    figure.supxlabel(
        "0 is best. A dot a network and trigger; the bar is their mean, the ring the worst.\n"
        "In brackets: measured on so many of the networks and triggers alone.",
        fontsize=9,
    )
    with new_file(out) as unfinished:
        figure.savefig(unfinished, dpi=150)
    pyplot.close(figure)


def _ordered(methods: Iterable[str]) -> list[str]:
    """Nobody first, the default method last."""
    return sorted(methods, key=lambda x: (x == METHODS[0], x != _NOBODY, x))


def _named(method: str, methods: Values) -> str:
    """A method, and on how many triggers it was measured, if not on all."""
    name, attack = _METHODS.get(method, method), _FIGURES[0]
    count, every = (len(methods[x].get(attack, [])) for x in (method, _NOBODY))
    return f"{name} ({count} of {every})" if count < every else name


def _panel(place: Any, rows: Sequence[tuple[str, list[float]]]) -> None:
    for height, (method, told) in enumerate(rows):
        if not told:
            text = "flags nothing" if method == _NOBODY else "not measured"
            place.text(0, height, text, color=_NONE, va="center", fontsize=8)
            continue
        colour = _NONE if method == _NOBODY else _DOT
        place.plot(
            told, [height] * len(told), "o", color=colour, alpha=0.35, ms=6, mew=0
        )
        place.plot(
            [np.mean(told)] * 2, [height - 0.3, height + 0.3], color=colour, lw=2.5
        )
        place.plot(max(told), height, "o", mfc="none", mec=_WORST, ms=9, clip_on=False)
    place.set_ylim(len(rows) - 0.4, -0.6)
    # Zero is what is wanted, so what is near it needs room.
    place.set_xscale("symlog", linthresh=1)
    place.set_xlim(-0.08, 110)
    marks = [0, 0.5, 1, 2, 5, 10, 20, 50, 100]
    place.set_xticks(marks, [f"{x:g}" for x in marks], fontsize=8)
    place.minorticks_off()
    place.grid(axis="x", color="#e2e5e9")
    for side in ("top", "right", "left"):
        place.spines[side].set_visible(False)
    place.tick_params(left=False)


if __name__ == "__main__":
    main()
