"""Runs commands in one process, and says of each what it answered, cost and did.

Reads a JSON object a line: ``arguments``, ``allowed`` (places that may be opened) and
``outside`` (a folder that must not be touched). Writes a JSON object a line.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(HERE)]

from watch import Folder, Watch  # noqa: E402

from artifacts.quiet import import_tensorflow_quietly  # noqa: E402


def main() -> None:
    """Answers until stdin ends."""
    answers = os.fdopen(os.dup(1), "w")
    import_tensorflow_quietly()
    for name in ("networks", "data", "early"):
        __import__(f"repair.commands.{name}")
    for name in ("build.pipeline", "PIL.PngImagePlugin", "PIL.JpegImagePlugin"):
        __import__(name)
    watch, folder = Watch(), None
    for line in sys.stdin:
        request = json.loads(line)
        folder = folder or Folder(Path(request["outside"]))
        watch.allowed = (*_own_places(), *request["allowed"])
        result = _answer(watch, request["arguments"])
        result["found"] += folder.touched()
        answers.write(json.dumps(result) + "\n")
        answers.flush()


def _own_places() -> tuple[str, ...]:
    python = (sys.prefix, sys.base_prefix, os.path.realpath(sys.prefix))
    return (*python, *filter(None, sys.path), str(ROOT), "/proc/", "/sys/", "/dev/null")


def _answer(watch: Watch, arguments: list[str]) -> dict[str, Any]:
    saved = [os.dup(descriptor) for descriptor in (1, 2)]
    said = [tempfile.TemporaryFile() for _ in saved]  # noqa: SIM115
    for descriptor, file in zip((1, 2), said, strict=True):
        os.dup2(file.fileno(), descriptor)
    before = _reset_peak()
    watch.found, watch.active = [], True
    begun = time.process_time()
    try:
        code = _run(arguments)
    finally:
        watch.active = False
        seconds = time.process_time() - begun
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for descriptor, old in zip((1, 2), saved, strict=True):
            os.dup2(old, descriptor)
            os.close(old)
    for file in said:
        file.seek(0)
    out, err = (file.read().decode("utf-8", "replace") for file in said)
    return {
        "code": code,
        "out": out,
        "err": err,
        "seconds": seconds,
        "bytes": _status("VmHWM") - before,
        "found": watch.found,
    }


def _run(arguments: list[str]) -> int:
    package, *rest = arguments
    try:
        if package == "eval":
            from artifacts import detector

            detector.HERE = Path(rest[0])
            sys.argv = ["eval_toy.py", *rest[1:]]
            detector.main("toy")
        sys.argv = [package, *rest]
        runpy.run_module(package, run_name="__main__", alter_sys=False)
    except SystemExit as stop:
        return int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
        return 99
    return 98


def _reset_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(key))


if __name__ == "__main__":
    main()
