"""What a file of labels or of failures holds: lines, JSON lines or Parquet."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from artifacts.errors import printable
from artifacts.labelling import Batch, Failure
from artifacts.names import spelled
from artifacts.reading.sources import Source
from artifacts.results import json_line, tab_separated

# Of labels 0..N, as they stand in a file; None = labels are numbers there.
Names = Sequence[str] | None
# By name, the kind and the values of columns.
Columns = dict[str, tuple[str, list[Any]]]


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file.

    Attributes:
        suffix: Of its name.
        labels: From sources with labels, and the names of labels if these are asked for,
            to the content of a file.
        failures: The same for inputs that were not labelled.
        spelling: From a card to the names of labels 0..N, as they stand in such a file.
    """

    suffix: str
    labels: Callable[[Batch, Names], bytes]
    failures: Callable[[Iterable[Failure]], bytes]
    spelling: Callable[[dict[str, Any]], list[str]] = spelled


def _labels_as(
    line: Callable[[Source], tuple[str, str]],
) -> Callable[[Batch, Names], bytes]:
    def content(labels: Batch, names: Names) -> bytes:
        spell = str if names is None else names.__getitem__
        ends = ((line(source), label) for source, label in labels)
        return "".join(f"{e[0]}{spell(label)}{e[1]}" for e, label in ends).encode()

    return content


def _tab_separated_failures(failures: Iterable[Failure]) -> bytes:
    lines = (f"{_name(f.source)}\t{_reason(f)}\n" for f in failures)
    return "".join(lines).encode()


def _json_failures(failures: Iterable[Failure]) -> bytes:
    return "".join(f"{json.dumps(_failure(f))}\n" for f in failures).encode()


def _failure(failure: Failure) -> dict[str, Any]:
    path, index = failure.source.path, failure.source.index
    where = {"path": path} if index is None else {"path": path, "index": index}
    return where | {"error": _reason(failure)}


def _parquet_labels(labels: Batch, names: Names) -> bytes:
    last: Columns = {"label": ("int64", [label for _, label in labels])}
    if names is not None:
        last["name"] = ("string", [names[label] for _, label in labels])
    return _parquet([source for source, _ in labels], last)


def _parquet_failures(failures: Iterable[Failure]) -> bytes:
    every = list(failures)
    last: Columns = {"error": ("string", [_reason(failure) for failure in every])}
    return _parquet([failure.source for failure in every], last)


def _parquet(sources: list[Source], last: Columns) -> bytes:
    """A table of ``path``, ``index`` (null for an image file) and the last columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "path": pa.array([printable(source.path) for source in sources], pa.string()),
        "index": pa.array([source.index for source in sources], pa.int64()),
    }
    for name, (kind, values) in last.items():
        columns[name] = pa.array(values, pa.type_for_alias(kind))
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def _name(source: Source) -> str:
    index = "" if source.index is None else f"#{source.index}"
    return f"{printable(source.path)}{index}"


def _reason(failure: Failure) -> str:
    """Does not say the path again."""
    return str(failure.reason).removeprefix(f"{_name(failure.source)}: ")


FORMS: Mapping[str, Form] = {
    "tsv": Form(".tsv", _labels_as(tab_separated), _tab_separated_failures),
    "json": Form(
        *(".jsonl", _labels_as(json_line), _json_failures),
        partial(spelled, as_json=True),
    ),
    "parquet": Form(".parquet", _parquet_labels, _parquet_failures),
}
