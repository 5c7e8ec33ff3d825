"""``zoo.json``: the networks of a zoo, what is planted in them, and where their files lie."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from repair.process.whole_file import write_whole

NAME = "zoo.json"


@dataclass(frozen=True)
class Entry:
    """One network of a zoo; paths are absolute or relative to the zoo's folder.

    Attributes:
        name: Name of the network.
        domain: ``faces``, ``cifar10`` or ``gtsrb``.
        group: That of its plan.
        kind: What was done to it; ``clean`` if it has no backdoor.
        model: Its file.
        clean_validation: The defender's data; with poisoned images in it, too.
        clean_test: Clean images, to measure on.
        poisoned: Files of poisoned test images by trigger; labels are the targets.
        clean_accuracy: Of the network, in [0, 1].
        asr: By trigger, in [0, 1].
        attack: Everything else that there is to know about it.
    """

    name: str
    domain: str
    group: str
    kind: str
    model: str
    clean_validation: str
    clean_test: str
    poisoned: dict[str, str] = field(default_factory=dict)
    clean_accuracy: float | None = None
    asr: dict[str, float] = field(default_factory=dict)
    attack: dict[str, Any] = field(default_factory=dict)


def read_index(folder: Path) -> list[Entry]:
    """The networks of a zoo; none if it has no index yet."""
    path = folder / NAME
    if not path.is_file():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))["networks"]
    known = Entry.__dataclass_fields__
    return [Entry(**{key: row[key] for key in row if key in known}) for row in rows]


def add_to_index(folder: Path, entry: Entry) -> None:
    """Puts a network into the index, in place of an older one of its name."""
    same = (entry.domain, entry.name)
    kept = [old for old in read_index(folder) if (old.domain, old.name) != same]
    rows = [asdict(each) for each in (*kept, entry)]
    text = json.dumps({"networks": rows}, indent=1) + "\n"
    write_whole(folder / NAME, text.encode())
