"""One file of every known way to attack by a model file: ``benchmarks.attack_files``."""

from __future__ import annotations

from pathlib import Path

from corpus import Good, Write, add

from benchmarks.attack_files.files import ATTACKS, Attack

# What is wrong with it is not read: an honest network in plain HDF5 behind other bytes, and
# how it was trained.
NOT_LOOKED_AT = {"polyglot", "compile_config"}


def written(attack: Attack) -> Write:
    def write(folder: Path, _: Good) -> Path:
        return attack.write(folder)

    return write


for attack in ATTACKS:
    passes = attack.known_as in NOT_LOOKED_AT
    add("model", f"attack: {attack.known_as}", written(attack), may_pass=passes)
