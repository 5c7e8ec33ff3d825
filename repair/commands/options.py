"""The options of a repair, which several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from repair.commands.data_options import add_preprocessing
from repair.commands.numbers import SEEDS, whole
from repair.settings import Settings
from repair.verdict import FAIL_ON, FAILED


def add_settings(group: argparse._ArgumentGroup) -> None:
    """Adds the options that ``settings_from`` reads."""
    default = Settings()
    add = group.add_argument
    add(
        "--seed",
        type=whole(*SEEDS),
        default=default.seed,
        help="same seed, same artifact (%(default)s)",
    )
    add("--unlabelled", action="store_true",
        help="no labels: the BadNet's own answers stand in")  # fmt: skip
    add_preprocessing(group)
    add("--max-fpr", type=float, metavar="SHARE",
        help="operating point of witnesses: largest estimated FPR")  # fmt: skip
    add(
        "--layer",
        metavar="NAME",
        help="to stand on or to prune (chosen from the network)",
    )
    add("--fraction", type=float, default=default.fraction,
        help="share of its channels to prune (%(default)s)")  # fmt: skip
    add("--max-drop", type=float, metavar="SHARE",
        help="prune until clean accuracy has dropped by this instead")  # fmt: skip
    add(
        "--epochs",
        type=whole(0),
        default=default.epochs,
        help="of fine-tuning (%(default)s)",
    )


def add_for_pipelines(parser: argparse.ArgumentParser) -> None:
    """Adds what makes a pipeline stop at a verdict, and files that it reads."""
    parser.add_argument("--fail-on", choices=FAIL_ON,
        help=f"exit with {FAILED} if a label is found (or watched), or nothing can be "
        "told")  # fmt: skip
    parser.add_argument("--sarif", type=Path, metavar="FILE",
        help="write the verdict as SARIF, for code hosts")  # fmt: skip
    parser.add_argument("--bom", type=Path, metavar="FILE",
        help="write a CycloneDX bill of materials with model cards")  # fmt: skip


def settings_from(arguments: argparse.Namespace) -> Settings:
    """The settings that the command line chose."""
    names = Settings.__dataclass_fields__
    return Settings(**{name: getattr(arguments, name) for name in names})
