"""What a hostile case is: how its files are written, and which commands get them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from toys import SHAPE

ROWS, COLUMNS, _ = SHAPE


@dataclass(frozen=True)
class Good:
    """Files that nothing is wrong with, and a folder that no case may touch.

    Attributes:
        badnet: The toy BadNet.
        clean: Its clean validation data.
        poisoned: Its poisoned data, 80 images.
        artifact: The toy detector.
        image: A PNG of the detector's size.
        outside: Holds ``secret.h5``, ``secret.bin`` and ``folder``; watched.
    """

    badnet: Path
    clean: Path
    poisoned: Path
    artifact: Path
    image: Path
    outside: Path


Write = Callable[[Path, Good], Path]
Honest = Callable[[Good], Path]


@dataclass(frozen=True)
class Case:
    """A hostile file or folder.

    Attributes:
        name: What is wrong with it.
        kind: ``model``, ``data``, ``labels``, ``flags``, ``image`` or ``artifact``.
        write: Writes it into an empty folder.
        may_pass: Whether it may also be read; never anything but read or refused.
    """

    name: str
    kind: str
    write: Write
    may_pass: bool = False


CASES: list[Case] = []


def add(kind: str, name: str, write: Write, *, may_pass: bool = False) -> None:
    """Adds a case to the corpus."""
    CASES.append(Case(f"{kind}: {name}", kind, write, may_pass))


def case(kind: str, name: str) -> Callable[[Write], Write]:
    """Adds what is decorated to the corpus."""

    def decorate(write: Write) -> Write:
        add(kind, name, write)
        return write

    return decorate


def badnet(good: Good) -> Path:
    """Its file."""
    return good.badnet


def clean(good: Good) -> Path:
    """The file of the clean data."""
    return good.clean


def cut(honest: Honest, name: str, share: float) -> Write:
    """An honest file that ends too early."""

    def write(folder: Path, good: Good) -> Path:
        content = honest(good).read_bytes()
        (folder / name).write_bytes(content[: int(len(content) * share)])
        return folder / name

    return write


def flipped(honest: Honest, name: str, place: int) -> Write:
    """An honest file with another byte."""

    def write(folder: Path, good: Good) -> Path:
        content = bytearray(honest(good).read_bytes())
        content[place] ^= 0xFF
        (folder / name).write_bytes(content)
        return folder / name

    return write


def arguments(kind: str, turn: int, bad: Path, out: Path, good: Good) -> list[str]:
    """A command that is given the file; the commands of a kind take turns.

    The first one of each kind does little work where the file is fine after all.
    """
    clean = ("--clean", good.clean)
    quick = ("--method", "reference", "--fraction", 0.25, "--epochs", 0)
    shape = ("--image-shape", ROWS, COLUMNS, 3)
    network: list[tuple[object, ...]] = [
        ("build", "--model", good.badnet, "--clean", bad, "--out", out / "a", *quick),
        ("repair", "defence", good.badnet, "--clean", bad, *quick),
        ("repair", "defence", good.badnet, *clean, "--test", bad, *quick),
        ("repair", "defence", good.badnet, *clean, "--poisoned", bad, *quick),
        ("repair", "fine-prune", good.badnet, "--clean", bad, "--out", out, *quick),
        ("repair", "inspect", good.badnet, bad, "--out", out),
    ]
    alone: list[tuple[object, ...]] = [
        ("repair", "check", bad, *shape),
        ("repair", "sheet", bad, "--out", out / "sheet.png", *shape),
        ("repair", "flags", bad, "--out", out / "flags.csv", *shape),
        ("repair", "accuracy", good.badnet, bad),
    ]
    commands: dict[str, list[tuple[object, ...]]] = {
        "model": [
            ("repair", "accuracy", bad, good.clean),
            ("repair", "defence", bad, *clean, *quick),
            ("repair", "fine-prune", bad, *clean, "--out", out, *quick),
            ("repair", "inspect", bad, good.clean, "--out", out),
            ("build", "--model", bad, *clean, "--out", out / "a", *quick),
        ],
        "data": [*alone, *network],
        "labels": network,
        "flags": [
            ("repair", "defence", good.badnet, *clean, *quick)
            + ("--poisoned", good.poisoned, "--flags", bad)
        ],
        "image": [("eval", good.artifact.parent, bad)],
        "artifact": [
            ("repair", "accuracy", bad, good.clean),
            ("eval", bad.parent, good.image),
            ("repair", "defence", bad, *clean),
        ],
    }
    chosen = commands[kind][turn % len(commands[kind])]
    return [str(argument) for argument in chosen]
