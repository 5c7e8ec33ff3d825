"""One file of every known way to attack by a model file: ``benchmarks.attack_files``."""

from __future__ import annotations

from pathlib import Path

from corpus import Good, Write, add

from benchmarks.attack_files.attack import Attack
from benchmarks.attack_files.files import ATTACKS


def written(attack: Attack) -> Write:
    def write(folder: Path, _: Good) -> Path:
        return attack.write(folder)

    return write


for attack in ATTACKS:
    add("model", f"attack: {attack.known_as}", written(attack), may_pass=attack.read)
