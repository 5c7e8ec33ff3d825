"""One build in a process of its own.

TensorFlow numbers the functions of a graph by all that a process has traced before, so
only a fresh process gives the same bytes whatever was built or trained ahead of it.
"""

from __future__ import annotations

import signal
import sys
from multiprocessing import get_context

from build.request import Request
from repair.command_line import run
from repair.errors import RepairFailedError
from repair.quiet import import_tensorflow_quietly


def build_in_fresh_process(request: Request) -> None:
    """Builds one artifact; ends this process with the other's exit code if that failed.

    Raises:
        RepairFailedError: If the other process was killed.
    """
    child = get_context("spawn").Process(target=_build, args=(request,))
    child.start()
    # The child is told, cleans up and says so; this process only waits for it.
    before = [
        signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.signal(signal.SIGTERM, lambda *_: child.terminate()),
    ]
    child.join()
    signal.signal(signal.SIGINT, before[0])
    signal.signal(signal.SIGTERM, before[1])
    if child.exitcode is None or child.exitcode < 0:
        raise RepairFailedError(
            f"{request.out}: the build was killed, most likely for want of memory; what "
            "was there stays. Close other programs and run it again."
        )
    if child.exitcode:
        sys.exit(child.exitcode)


def _build(request: Request) -> None:
    import_tensorflow_quietly()
    from build.pipeline import build_artifact

    def task() -> None:
        build_artifact(request)

    run(task)
