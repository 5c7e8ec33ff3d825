"""How often a JPEG is drawn over: each of its scans may cost as much as a whole picture."""

from __future__ import annotations

import re

MOST_SCANS = 100  # encoders write about ten
_MARKER = re.compile(rb"\xff([^\x00\xff])")
_ALONE = {0x01, *range(0xD0, 0xD9)}  # no length follows
_SCAN, _END = 0xDA, 0xD9


def scans(content: bytes) -> int:
    """The number of scans, one more than ``MOST_SCANS`` if there are too many."""
    count, found = 0, _MARKER.search(content)
    while found and found[1][0] != _END and count <= MOST_SCANS:
        place = found.end()
        if found[1][0] not in _ALONE:
            count += found[1][0] == _SCAN
            place += int.from_bytes(content[place : place + 2], "big")
        found = _MARKER.search(content, place)
    return count
