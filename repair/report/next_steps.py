"""What to do next, as commands for the very files at hand."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from artifacts.called import called
from repair.verdict import Kind

# What stands for an image, and for a folder of such, of the reader's own.
IMAGE, IMAGES = "IMAGE", "IMAGES"


def after_inspection(
    model: Path, clean: Path, kind: Kind, options: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """What to do and the command for it, once a network was inspected.

    Args:
        model: The network's file.
        clean: The clean images.
        kind: What was said of the network.
        options: Words that commands on these files need beside them.
    """
    if kind == "cannot be told":
        words = [*called("repair"), "accuracy", str(model), str(clean), *options]
        return [("See how well it knows them, and likely causes", _joined(words))]
    out = f"{_stem(model)}-detector"
    build = [*called("build"), "--model", str(model), "--clean", str(clean), *options]
    return [
        ("Build its detector", _joined([*build, "--out", out])),
        *after_build(Path(out))[:2],
    ]


def after_build(
    artifact: Path,
    inspect: tuple[Path, Path] | None = None,
    options: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """What to do and the command for it, once a detector was built.

    Args:
        artifact: Its folder.
        inspect: The network and the clean images that it was built from.
        options: Words that commands on these files need beside them.
    """
    folder = str(artifact)
    steps = [
        ("Label an image", _joined([*called("label"), folder, IMAGE])),
        (
            "See why it was flagged",
            _joined([*called("repair"), "explain", folder, IMAGE, "--out", "why"]),
        ),
        (
            "See what flagged images share",
            _joined([*called("repair"), "triggers", folder, IMAGES, "--out", "groups"]),
        ),
        ("Use it in code", f"tf.saved_model.load({folder!r}).serve(images)"),
    ]
    if inspect is not None:
        files = [str(path) for path in inspect]
        page = f"{artifact.name}-inspection"
        command = [*called("repair"), "inspect", *files, "--out", page, *options]
        steps.insert(2, ("Read the evidence as a page", _joined(command)))
    return steps


def _stem(model: Path) -> str:
    return os.fsencode(model.name).decode("utf-8", "replace").split(".")[0] or "network"


def _joined(words: list[str]) -> str:
    return shlex.join(word.encode("utf-8", "replace").decode() for word in words)
