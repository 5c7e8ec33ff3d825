"""Room for TensorFlow: where too little is allowed, it ends the process, or waits for ever."""

from __future__ import annotations

import resource

# Bytes of addresses that one image takes, with some to spare: of the C library alone
# (1,484 MB measured), and of TensorFlow's Python package (2,485 MB).
OF_C_LIBRARY, OF_PYTHON = 1600 << 20, 3000 << 20


def check_room(least: int) -> None:
    """Makes sure that this process may take as many bytes of addresses.

    Raises:
        MemoryError: If it may not.
    """
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    if 0 <= most < least:  # -1: no limit
        raise MemoryError(
            f"expected to be allowed {least >> 20:,} MiB of addresses. Received: "
            f"{most >> 20:,} (ulimit -v)"
        )
