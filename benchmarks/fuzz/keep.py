"""Of all that a fuzzer tried, the shortest input for each answer: what CI goes through.

The fuzzer keeps thousands of inputs that reached new code. Those that were answered alike
tell little more than the shortest of them, so that one is kept, in a file a target.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.fuzz.asking import Target, answers_of

KEPT = Path(__file__).resolve().parents[2] / "tests" / "hostile" / "kept"
_MOST = 40  # of a target
_MOST_BYTES = 4096  # of one, packed


def keep(name: str, target: Target, folders: Sequence[Path]) -> int:
    """Writes the file of a target; what it holds already stays, unless it is longer.

    Args:
        name: Of the target.
        target: The target.
        folders: What a fuzzer found, a file an input.

    Returns:
        How many inputs are kept.
    """
    found = [(len(content), content) for content in kept(name)]
    for folder in folders:
        found += [(path.stat().st_size, path.read_bytes()) for path in folder.iterdir()]
    shortest: dict[tuple[str, ...], bytes] = {}
    for _, content in sorted(found):
        packed = _packed(content)
        if len(packed) <= _MOST_BYTES:
            shortest.setdefault(answers_of(target, content), packed)
    chosen = sorted(shortest.items(), key=lambda pair: len(pair[1]))[:_MOST]
    lines = [
        json.dumps({"answers": list(answers), "input": packed.decode()})
        for answers, packed in chosen
    ]
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return len(lines)


def kept(name: str) -> Iterator[bytes]:
    """The inputs that are kept for a target."""
    path = KEPT / f"{name}.jsonl"
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        yield zlib.decompress(base64.b64decode(json.loads(line)["input"]))


def _packed(content: bytes) -> bytes:
    return base64.b64encode(zlib.compress(content, 9))
