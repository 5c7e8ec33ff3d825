"""What the stages of a fit usually take, for the time left that its bars show."""

from __future__ import annotations

from repair.methods.witnesses.recipe import Recipe
from repair.process.stages import Shares

_TWIN, _HEADS = "steps of a forgetful twin", "heads fitted"
_PATTERNS, _WARPS = "patterns sought", "warps sought"
_PICTURES = "batches of pictures"
# Percent, measured on networks of 10, 43 and 500 classes.
_BEFORE: Shares = (
    *((_TWIN, 9), (_TWIN, 9)),
    *(("batches of jittered images", 7), ("batches of disturbed images", 19)),
)
_FEW: Shares = (
    *((_HEADS, 1), (_HEADS, 1)),
    *((_PATTERNS, x) for x in (8, 5, 5)),
    *((_PICTURES, 3), ("filters tried", 5)),
    *((_WARPS, x) for x in (8, 5, 5)),
)
_MANY: Shares = ((_HEADS, 18), (_HEADS, 18), (_PICTURES, 3), ("filters tried", 5))
_AFTER: Shares = (
    (_PICTURES, 3),
    ("steps of unlearning", 16),
    ("the detector is fused and checked", 9),
)


def stages(recipe: Recipe) -> Shares:
    """The labels of the bars, in order, and what each stage takes of the whole."""
    return (*_BEFORE, *(_FEW if recipe.sought else _MANY), *_AFTER)
