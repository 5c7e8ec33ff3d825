"""What an output needs of a network: all other steps are left out before they are built.

A network may have other heads (boxes, landmarks), losses and metrics of its own: operators
and layers that the answer asked for does without, and so does whoever rebuilds it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from repair.reading.described.nested import Step, Tensor
from repair.reading.described.plain_values import with_each


def needed(steps: list[Step], output: Tensor) -> tuple[list[Step], Tensor]:
    """The steps that an output comes out of, and the output among those.

    A nested model is needed as a whole: ``.h5`` files list its weights together, so that
    each tells where the next one lies.

    Args:
        steps: Each after those that it needs; the first is the input.
        output: What one of them makes.
    """
    within: dict[str, list[int]] = defaultdict(list)
    for index, step in enumerate(steps):
        if len(step.path) > 1:
            within[step.path[0]].append(index)
    kept, waiting = {0}, [output.step]
    while waiting:
        index = waiting.pop()
        if index not in kept:
            kept.add(index)
            step = steps[index]
            waiting += _named(step.arguments)
            waiting += _named(step.keywords)
            if len(step.path) > 1:
                waiting += within.pop(step.path[0], [])
    moved = {old: Tensor(new) for new, old in enumerate(sorted(kept))}

    def renumbered(value: Any) -> Any:
        return moved[value.step] if isinstance(value, Tensor) else value

    left = [
        replace(
            steps[index],
            arguments=with_each(steps[index].arguments, renumbered),
            keywords=with_each(steps[index].keywords, renumbered),
        )
        for index in sorted(kept)
    ]
    return left, moved[output.step]


def _named(value: Any) -> Iterator[int]:
    """The steps whose tensors a call names."""
    if isinstance(value, Tensor):
        yield value.step
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _named(item)
