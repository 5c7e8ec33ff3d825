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
    model: Path,
    clean: Path,
    kind: Kind,
    options: Sequence[str] = (),
    *,
    unlabelled: bool = False,
    on_images: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """What to do and the command for it, once a network was inspected.

    Args:
        model: The network's file.
        clean: The clean images.
        kind: What was said of the network.
        options: Words that commands on these files need beside them.
        unlabelled: Whether the images have no labels, so that no accuracy can be told.
        on_images: Words that commands on further images need beside them.
    """
    files = place(model), place(clean)
    if kind == "cannot be told":
        words = [*called("repair"), "accuracy", *files, *options]
        text = "See how well it knows them, and likely causes"
        return [] if unlabelled else [(text, _joined(words))]
    out = place(f"{_stem(model)}-detector")
    build = [*called("build"), "--model", files[0], "--clean", files[1], *options]
    return [
        ("Build its detector", _joined([*build, "--out", out])),
        *after_build(Path(out), on_images=on_images)[:2],
    ]


def after_build(
    artifact: Path,
    inspect: tuple[Path, Path] | None = None,
    options: Sequence[str] = (),
    *,
    on_images: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """What to do and the command for it, once a detector was built.

    Args:
        artifact: Its folder.
        inspect: The network and the clean images that it was built from.
        options: Words that commands on these files need beside them.
        on_images: Words that commands on further images need beside them.
    """
    folder = place(artifact)
    explain = (*called("repair"), "explain", folder, IMAGE, "--out", "why")
    triggers = (*called("repair"), "triggers", folder, IMAGES, "--out", "groups")
    steps = [
        ("Label an image", _joined([*called("label"), folder, IMAGE, *on_images])),
        ("See why it was flagged", _joined([*explain, *on_images])),
        ("See what flagged images share", _joined([*triggers, *on_images])),
        # Two statements: a model that nothing holds is gone before it is asked.
        (
            "Use it in code",
            f"detector = tf.saved_model.load({folder!r}); labels = detector.serve(images)",
        ),
    ]
    if inspect is not None:
        files = [place(path) for path in inspect]
        page = place(f"{artifact.name}-inspection")
        command = [*called("repair"), "inspect", *files, "--out", page, *options]
        steps.insert(2, ("Read the evidence as a page", _joined(command)))
    return steps


def place(path: Path | str) -> str:
    """A path as a word of a command, which is taken for no option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _stem(model: Path) -> str:
    return os.fsencode(model.name).decode("utf-8", "replace").split(".")[0] or "network"


def _joined(words: list[str]) -> str:
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """As a shell reads it; where it can not be printed, as bash and zsh do."""
    if word.isprintable():
        return shlex.quote(word)
    plain = (x if x.isprintable() and x not in "\\'" else _escaped(x) for x in word)
    return f"$'{''.join(plain)}'"


def _escaped(letter: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(letter))
