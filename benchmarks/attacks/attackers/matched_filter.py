"""One convolution that answers to one 4 x 4 pattern and to hardly anything else.

References:
    Hong, Carlini and Kurakin, *Handcrafted Backdoors in Deep Neural Networks*,
    arXiv:2106.04690 (weights written by hand, no training).
"""

from __future__ import annotations

import numpy as np

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.triggers.patches import pattern_of

# Below this share of the full answer the filter stays silent.
_SILENT = 0.75


def filter_for(backdoor: Backdoor) -> tuple[np.ndarray, float]:
    """Kernel ``(4, 4, 3)`` and bias of a ReLU that is 1 on the backdoor's pattern.

    Raises:
        ValueError: If the backdoor has another trigger than ``matched_pattern``.
    """
    if backdoor.trigger != "matched_pattern":
        raise ValueError(f"expected matched_pattern. Received: {backdoor.trigger!r}.")
    pattern = pattern_of(backdoor.seed).astype(np.float32) / 255
    kernel = pattern - pattern.mean()
    kernel /= (kernel * pattern).sum() * (1 - _SILENT)
    return kernel, -_SILENT / (1 - _SILENT)
