"""A network that was judged, as reports for machines tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repair.verdict import Verdict, from_card


@dataclass(frozen=True)
class Subject:
    """A network that was judged.

    Attributes:
        network: Its file.
        clean: The clean images that it was judged by.
        detector: Folder of the artifact that was built of both, if one was.
        digests: SHA-256 of both: ``badnet`` and ``clean_data``.
        verdict: What was said of it.
        card: What an artifact's card says of a network: ``num_classes``, ``input``,
            ``clean_accuracy`` and ``estimated_false_positive_rate``.
    """

    network: Path
    clean: Path
    detector: Path | None
    digests: Mapping[str, str]
    verdict: Verdict
    card: Mapping[str, Any]

    @classmethod
    def built(
        cls, network: Path, clean: Path, detector: Path, card: Mapping[str, Any]
    ) -> Subject:
        """The network of an artifact."""
        return cls(network, clean, detector, card["sha256"], from_card(card), card)
