"""Hands shards to the workers of a Ray cluster, a few ahead, and sees that all are done.

A shard is a Ray task of one CPU. No actor holds a CPU while it waits for another's work,
so nothing can stall however few CPUs there are; shards are found by the process that gave
the command, which takes none of Ray's.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from artifacts.errors import DetectorError, printable
from artifacts.progress import Progress
from artifacts.ray.parts import Done, Parts
from artifacts.ray.shards import Shard
from artifacts.ray.work import Job, Trouble, label_shard
from artifacts.streams import check_interrupted

_SECONDS_WITHOUT_NEWS = 120.0
_SECONDS_BETWEEN_LINES = 60.0  # in a log
_LOST_WORKERS = 5  # as many may be lost over one shard
_FAILURES = 3


@dataclass
class _Waiting:
    """A shard that is under way.

    Attributes:
        shard: Where Ray keeps it: not in this process, since there may be many.
        number: Its number.
        blind: Nodes that could not do it.
        failed: How often Ray could not have it done.
        anyway: Whether missing inputs are failures by now.
    """

    shard: Any
    number: int
    blind: set[str] = field(default_factory=set)
    failed: int = 0
    anyway: bool = False


@ray.remote(num_cpus=1, max_retries=_LOST_WORKERS, scheduling_strategy="SPREAD")
def _task(job: Job, shard: Shard, anyway: bool) -> tuple[str, str, Done | Trouble]:
    answer = label_shard(job, shard, anyway=anyway)
    node = ray.get_runtime_context().get_node_id()
    return node, ray.util.get_node_ip_address(), answer


class Run:
    """One run: shards in, files out.

    Args:
        job: What is the same for all shards.
        parts: Where the files go.
        progress: Where it is told.

    Attributes:
        labelled: Number of images that were labelled, by earlier runs too.
        failed: Number of inputs that were not.
        count: Number of shards.
    """

    def __init__(self, job: Job, parts: Parts, progress: Progress) -> None:
        self._job, self._parts, self._progress = job, parts, progress
        self._waiting: dict[Any, _Waiting] = {}
        self._named: set[str] = set()  # nodes of whose trouble was told
        self._told = time.monotonic()
        self.labelled = self.failed = self.count = 0

    def all(self, shards: Iterable[Shard]) -> None:
        """Labels every shard that no earlier run did.

        Raises:
            DetectorError: If a shard can be done nowhere.
        """
        for shard in shards:
            self.count = shard.number + 1
            if done := self._parts.done(shard):
                self._add(done)
                continue
            while len(self._waiting) >= self._most():
                self._collect()
            self._submit(_Waiting(ray.put(shard), shard.number))
        while self._waiting:
            self._collect()

    def _most(self) -> int:
        """How many shards may be under way: enough that no CPU waits for one."""
        return 2 * int(ray.cluster_resources().get("CPU", 0)) + 2

    def _submit(self, waiting: _Waiting) -> None:
        task = _task
        others = [] if waiting.anyway else self._nodes(waiting.blind)
        if waiting.blind and others:
            where = NodeAffinitySchedulingStrategy(others[0], soft=False)
            task = _task.options(scheduling_strategy=where)
        answer = task.remote(self._job, waiting.shard, waiting.anyway)
        self._waiting[answer] = waiting

    def _collect(self) -> None:
        check_interrupted()
        every = list(self._waiting)
        ready, _ = ray.wait(every, timeout=_SECONDS_WITHOUT_NEWS)
        if not ready:
            cpus = ray.cluster_resources().get("CPU", 0)
            self._progress.say(
                f"waiting: {len(every)} parts are under way or wait for one of {cpus:g} "
                "CPUs of the cluster."
            )
        for answer in ready:
            waiting = self._waiting.pop(answer)
            try:
                node, address, result = ray.get(answer)
            except RayError as reason:
                self._again(waiting, reason)
                continue
            if isinstance(result, Trouble):
                self._elsewhere(waiting, node, address, result)
            else:
                self._add(result)

    def _add(self, done: Done) -> None:
        self.labelled += done.labelled
        self.failed += done.failed
        self._progress.at(self.labelled + self.failed)
        now = time.monotonic()
        if not sys.stderr.isatty() and now - self._told > _SECONDS_BETWEEN_LINES:
            self._told = now
            self._progress.say(
                f"{self.labelled:,} labelled, {self.failed:,} not, so far."
            )

    def _again(self, waiting: _Waiting, reason: RayError) -> None:
        """After a failure of Ray's: a node is gone, or a worker died again and again."""
        waiting.failed += 1
        if waiting.failed >= _FAILURES:
            text = printable(" ".join(f"{type(reason).__name__}: {reason}".split()))
            raise DetectorError(
                f"part {waiting.number:05} can not be labelled. Received: {text[:400]} "
                "Continue with --resume."
            )
        self._submit(waiting)

    def _elsewhere(
        self, waiting: _Waiting, node: str, address: str, trouble: Trouble
    ) -> None:
        """Lets another node try; where none can, missing inputs are failures."""
        waiting.blind.add(node)
        there = trouble.missing is None or os.path.lexists(trouble.missing)
        if there and self._nodes(waiting.blind):
            if node not in self._named:
                self._named.add(node)
                self._progress.say(f"node {address}: {trouble.reason}. Others do it.")
        elif trouble.missing is not None and not waiting.anyway:
            waiting.anyway = True
        else:
            raise DetectorError(f"{trouble.reason}. Continue with --resume.")
        self._submit(waiting)

    def _nodes(self, blind: set[str]) -> list[str]:
        """Nodes that could do a shard which the ``blind`` ones could not."""
        alive = (node for node in ray.nodes() if node["Alive"])
        able = [
            node["NodeID"] for node in alive if node["Resources"].get("CPU", 0) >= 1
        ]
        return [node for node in able if node not in blind]
