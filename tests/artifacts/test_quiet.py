"""What native code writes to stderr is turned away, whoever asks for it meanwhile."""

from __future__ import annotations

import os
import threading

from artifacts.quiet import silent


def test_the_last_of_several_threads_turns_stderr_back(capfd):
    first, second = threading.Event(), threading.Event()

    def earlier() -> None:
        with silent():
            first.set()
            second.wait()
            os.write(2, b"noise")

    thread = threading.Thread(target=earlier)
    thread.start()
    first.wait()
    with silent():
        second.set()
        thread.join()
        os.write(2, b"noise")
    os.write(2, b"said")
    assert capfd.readouterr().err == "said"


def test_without_stderr_nothing_is_turned(monkeypatch):
    kept = os.dup(2)
    os.close(2)
    try:
        with silent(), silent():
            pass
        with monkeypatch.context() as no_stderr:
            no_stderr.setattr("sys.stderr", None)
            with silent():
                pass
    finally:
        os.dup2(kept, 2)
        os.close(kept)
