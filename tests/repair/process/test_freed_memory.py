"""Memory that was freed is the system's again."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
from toys import ROOT

# Blocks of 8 MiB, every other one freed after glibc has been told to keep them.
_SCRIPT = """
import ctypes, sys
if sys.argv[1] == "True":
    from repair.process.freed_memory import give_back_freed_memory
    give_back_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.free(libc.malloc(31 << 20))
blocks = [libc.malloc(8 << 20) for _ in range(40)]
for block in blocks:
    ctypes.memset(block, 1, 8 << 20)
for block in blocks[:-1]:
    libc.free(block)
print([x for x in open("/proc/self/status") if x.startswith("VmRSS")][0].split()[1])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's own option")
def test_large_blocks_are_given_back_at_once():
    kept, given = (
        int(
            subprocess.run(
                [sys.executable, "-c", _SCRIPT, str(told)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for told in (False, True)
    )
    assert given < kept - 200_000  # of 312 MiB
