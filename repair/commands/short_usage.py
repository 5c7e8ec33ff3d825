"""A first line of ``--help`` that can be taken in: what must be given, not all that may be."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any


class ShortUsage(argparse.HelpFormatter):
    """Writes ``[options]`` in place of every option that may be left out."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """See ``argparse.HelpFormatter``; a usage that was written by hand stays."""
        actions = list(actions)
        needed = [one for one in actions if one.required or not one.option_strings]
        if usage is None and len(needed) < len(actions):
            self._prog += " [options]"  # what the line begins with
        super().add_usage(usage, needed, (), prefix)
