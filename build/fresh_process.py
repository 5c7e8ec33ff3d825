"""One build in a process of its own.

TensorFlow numbers the functions of a graph by all that a process has traced before, so
only a fresh process gives the same bytes whatever was built or trained ahead of it.
"""

from __future__ import annotations

import atexit
import signal
import sys
from multiprocessing import get_context, resource_tracker

from artifacts.quiet import import_tensorflow_quietly
from artifacts.streams import heeded
from build.request import Request
from repair.errors import RepairFailedError
from repair.process import interruption
from repair.process.run import run


def build_in_fresh_process(request: Request) -> None:
    """Builds one artifact; ends this process with the other's exit code if that failed.

    Raises:
        RepairFailedError: If the other process was killed.
    """
    child = get_context("spawn").Process(target=_build, args=(request,))
    resource_tracker.ensure_running()  # its start would let the signals through
    came: list[int] = []

    def tell(number: int, _: object) -> None:
        """The child is told, cleans up and says so; this process only waits for it."""
        came.append(number)
        if child.pid is not None:
            child.terminate()

    # A signal that is held back here still comes through another thread, of a library.
    before = {each: signal.signal(each, tell) for each in heeded()}
    with interruption.held_back():
        child.start()
    if came:  # before there was a child to be told
        child.terminate()
    child.join()
    for each, handler in before.items():
        signal.signal(each, handler)
    if child.exitcode is None or child.exitcode < 0:
        raise RepairFailedError(
            f"{request.out}: the build was killed, most likely for want of memory; what "
            "was there stays. Close other programs and run it again."
        )
    if child.exitcode:
        sys.exit(child.exitcode)


def _build(request: Request) -> None:
    def task() -> None:
        interruption.let_through()
        import_tensorflow_quietly()
        from build.pipeline import build_artifact

        build_artifact(request)

    try:
        run(task)
    finally:  # a process of multiprocessing ends without: TensorFlow's files would stay
        atexit._run_exitfuncs()
