"""The attack files: one of each known kind, harmless.

Each is written from a description of the weakness; none is copied from anywhere.
"""

from __future__ import annotations

from benchmarks.attack_files.backdoors import BACKDOORS
from benchmarks.attack_files.containers import CONTAINERS
from benchmarks.attack_files.descriptions import DESCRIPTIONS
from benchmarks.attack_files.pickles import PICKLES
from benchmarks.attack_files.weights import STORED

ATTACKS = (*DESCRIPTIONS, *STORED, *CONTAINERS, *PICKLES, *BACKDOORS)
