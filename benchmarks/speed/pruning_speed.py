"""The whole pruning curve against one forward pass over the validation data."""

from __future__ import annotations

import statistics
import time

from repair.measuring.tables import Cell
from repair.methods.fine_pruning.curve import pruning_curve
from repair.network.activations import mean_activations
from repair.network.cut import choose_convolution
from repair.reading.case import Case


def pruning_speed(case: Case, runs: int) -> dict[str, Cell]:
    """A row of the table of ``benchmarks.speed``; the two take turns."""
    network, clean = case.original, case.clean
    layer = choose_convolution(network)
    activations = mean_activations(network, layer, clean.images)
    passes, curves = [], []
    for _ in range(runs + 1):
        start = time.perf_counter()
        network.predict(clean.images, batch_size=256, verbose=0)
        middle = time.perf_counter()
        pruning_curve(network, layer, activations, clean)
        passes.append(middle - start)
        curves.append(time.perf_counter() - middle)
    once, curve = (statistics.median(each[1:]) for each in (passes, curves))
    return {
        "figure": f"pruning curve, {len(activations)} steps, {len(clean):,} images",
        "ours": f"{curve:.1f} s",
        "against": f"one forward pass: {once:.1f} s",
        "ratio": f"{curve / once:.2f}",
        "goal": "<= 3",
    }
