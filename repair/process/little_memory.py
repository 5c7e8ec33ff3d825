"""HDF5 believes sizes that a file declares, and takes the memory before it looks further.

What is asked of a file before its sizes are known to be true needs little memory, so it
is given little: the library fails, and the file is refused.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LITTLE = 256 << 20
_HELD = Path("/proc/self/statm")


@contextmanager
def sparing() -> Iterator[None]:
    """Lets this process take at most 256 MiB more; all it wants where not on Linux.

    Not for work in which other threads take part: they would fail too.

    Raises:
        ValueError: If more was asked for: what is read declares a size that is a lie.
        MemoryError: If the user's own limit stood in the way.
    """
    if not _HELD.exists():
        yield
        return
    before, most = resource.getrlimit(resource.RLIMIT_AS)
    held = int(_HELD.read_text().split()[0]) * resource.getpagesize()
    limits = [
        limit for limit in (before, held + LITTLE) if limit != resource.RLIM_INFINITY
    ]
    resource.setrlimit(resource.RLIMIT_AS, (min(limits), most))
    try:
        yield
    except MemoryError as reason:
        if before == min(limits):
            raise
        raise ValueError(f"a size that is not to be believed: {reason}") from reason
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))
