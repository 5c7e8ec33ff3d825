"""What the stages of a fit usually take, for the time left that its bars show."""

from __future__ import annotations

from repair.methods.witnesses.recipe import Recipe
from repair.process.stages import Shares

_TWIN = "steps of a forgetful twin"
_PICTURES = "batches of pictures"
_PATTERNS = "patterns sought"
# Percent, measured on networks of 10, 43 and 500 classes.
_SHARES: Shares = (
    *((_TWIN, 9), (_TWIN, 9)),
    *(("batches of jittered images", 6), ("batches of disturbed images", 20)),
    *((_PATTERNS, 8), (_PATTERNS, 5), (_PATTERNS, 5)),
    *((_PICTURES, 2), ("filters tried", 5), (_PICTURES, 3)),
    *(("steps of unlearning", 18), ("the detector is fused and checked", 10)),
)


def stages(recipe: Recipe) -> Shares:
    """The labels of the bars, in order, and what each stage takes of the whole."""
    seeks = bool(recipe.sought) and "seeking" in recipe.used
    return [pair for pair in _SHARES if seeks or pair[0] != _PATTERNS]
