"""Detectors whose files or card are not as they were built."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus import Good, Write, add

Change = Callable[[Path, Good], object]


def copied(change: Change) -> Write:
    """A copy of the toy detector, changed."""

    def write(folder: Path, good: Good) -> Path:
        shutil.copytree(good.artifact, folder / "toy")
        change(folder / "toy", good)
        return folder / "toy"

    return write


def card(change: Callable[[Any], object]) -> Change:
    """Changes the card as JSON."""

    def write(folder: Path, good: Good) -> None:
        content = json.loads((folder / "card.json").read_bytes())
        change(content)
        (folder / "card.json").write_text(json.dumps(content))

    return write


def text(content: bytes) -> Change:
    return lambda folder, _: (folder / "card.json").write_bytes(content)


def linked(name: str, target: str) -> Change:
    """Puts a link out of the artifact in the place of a file or folder."""

    def change(folder: Path, good: Good) -> None:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        path.symlink_to(good.outside / target)

    return change


def pipe(name: str) -> Change:
    def change(folder: Path, _: Good) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return change


def flip(folder: Path, _: Good) -> None:
    path = next(folder.glob("variables/variables.data*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def size(key: str, value: Any) -> Change:
    return card(lambda content: content["input"].update({key: value}))


def files(**listed: Any) -> Change:
    return card(lambda content: content["files"].update(listed))


def lone_card(folder: Path, _: Good) -> None:
    """A second card, in a folder where none belongs."""
    shutil.copy(folder / "card.json", folder / "variables" / "card.json")


for name, change in {
    "graph changed": lambda f, _: (f / "saved_model.pb").write_bytes(b"\n\0"),
    "graph empty": lambda f, _: (f / "saved_model.pb").write_bytes(b""),
    "one bit of the weights": flip,
    "graph missing": lambda f, _: (f / "saved_model.pb").unlink(),
    "weights missing": lambda f, _: shutil.rmtree(f / "variables"),
    "graph as text beside it": lambda f, _: (f / "saved_model.pbtxt").write_text(""),
    "fingerprint added": lambda f, _: (f / "fingerprint.pb").write_bytes(b"x"),
    "assets added": lambda f, _: (f / "\x1b[2J\n").write_text("x"),
    "second card": lone_card,
    "graph linked": linked("saved_model.pb", "folder/saved_model.pb"),
    "variables linked": linked("variables", "folder/variables"),
    "card linked": linked("card.json", "folder/card.json"),
    "dangling link added": linked("extra", "nowhere"),
    "link to a folder added": linked("assets.extra", "folder"),
    "pipe as graph": pipe("saved_model.pb"),
    "pipe as card": pipe("card.json"),
    "pipe added": pipe("extra"),
    "card missing": lambda f, _: (f / "card.json").unlink(),
    "card is a folder": lambda f, _: [
        (f / "card.json").unlink(),
        (f / "card.json").mkdir(),
    ],
    "card empty": text(b""),
    "card of zeros": text(bytes(1000)),
    "card no JSON": text(b"card"),
    "card a list": text(b"[]"),
    "card null": text(b"null"),
    "card in bad bytes": text(b'{"files": "\xff"}'),
    "card deep": text(b"[" * 1_000_000),
    "card deep in objects": text(b'{"files":' * 100_000),
    "card huge": text(b" " * (60 << 20) + b"{}"),
    "card with a huge number": text(b'{"files": {}, "input": {"rows": 1' + b"0" * 9999),
    "no files": card(lambda c: c.pop("files")),
    "files null": card(lambda c: c.update(files=None)),
    "files a list": card(lambda c: c.update(files=[["saved_model.pb", "x"]])),
    "files empty": card(lambda c: c.update(files={})),
    "path that leads out": files(**{"../../outside/secret.bin": "0" * 64}),
    "absolute path": files(**{"/etc/passwd": "0" * 64}),
    "name with escapes": files(**{"\x1b]0;evil\x07": "0" * 64}),
    "name of two lines": files(**{"a\nerror: fine": "0" * 64}),
    "hash a number": files(**{"saved_model.pb": 7}),
    "hash null": files(**{"saved_model.pb": None}),
    "hash of another": files(**{"saved_model.pb": "0" * 64}),
    "no input": card(lambda c: c.pop("input")),
    "input a list": card(lambda c: c.update(input=[12, 10])),
    "rows a text": size("rows", "12"),
    "rows a fraction": size("rows", 12.5),
    "rows true": size("rows", True),
    "rows negative": size("rows", -12),
    "columns without end": size("columns", 10**12),
    "columns none": size("columns", 0),
}.items():
    add("artifact", name, copied(change))
