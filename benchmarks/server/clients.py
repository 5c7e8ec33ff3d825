"""Clients of a model server that send one request after the other, answers checked.

The server's own environment runs this too, so it needs the standard library alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

Send = Callable[[Any], list[int]]
Connect = Callable[[], AbstractContextManager[Send]]
Work = Sequence[tuple[Any, list[int]]]


def load(connect: Connect, work: Work, clients: int, seconds: float) -> dict[str, Any]:
    """Lets all clients send for a while, after a second of warming up.

    Args:
        connect: Opens a client's connection, and yields what sends a request over it and
            returns the labels; none if it failed.
        work: Requests, taken in turn, and the labels that are right.
        clients: How many send at once.
        seconds: For how long.

    Returns:
        ``seconds`` that each request took, seconds that ``passed`` until the last had its
        answer, and how many failed or were ``wrong``.
    """
    _answers(connect, work, clients, min(1.0, seconds))
    start = time.monotonic()
    answers = _answers(connect, work, clients, seconds)
    passed = time.monotonic() - start
    wrong = sum(not right for _, right in answers)
    return {"seconds": [each for each, _ in answers], "passed": passed, "wrong": wrong}


def _answers(
    connect: Connect, work: Work, clients: int, seconds: float
) -> list[tuple[float, bool]]:
    """How long each request took, and whether it was answered rightly."""
    end = time.monotonic() + seconds
    answers: list[tuple[float, bool]] = []

    def client(number: int) -> None:
        with connect() as send:
            while time.monotonic() < end:
                request, expected = work[number % len(work)]
                number += 1
                start = time.perf_counter()
                found = send(request)
                answers.append((time.perf_counter() - start, found == expected))

    threads = [
        threading.Thread(target=client, args=(number,), daemon=True)
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
