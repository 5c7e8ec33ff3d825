"""A folder for the Hugging Face Hub: the artifact, ONNX and LiteRT beside it, model card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.signed import signature_of, write_signed
from build.formats.writers import (
    Runner,
    litert_runner,
    onnx_runner,
    write_litert,
    write_onnx,
)
from repair.measuring.saved_detector import SavedDetector
from repair.verdict import from_card

ARTIFACT = "artifact"
_FILES = {
    "detector.onnx": (write_onnx, onnx_runner),
    "detector.tflite": (write_litert, litert_runner),
}
_TAGS = ["backdoor", "backdoor-detection", "badnet", "security", "tensorflow"]
_FIGURES = ("clean accuracy", "FPR", "ASR", "detection")
_COLOURS = {1: "grey", 3: "RGB", 4: "RGBA"}
_NONE_OF = -1
Rows = Sequence[Mapping[str, Any]]


def write_hub(detector: SavedDetector, path: Path, table: Rows = ()) -> None:
    """From an artifact to a folder that can be pushed as it is.

    A form that this detector can not be said in is left out, and not on the card.

    Args:
        detector: The artifact.
        path: An empty folder.
        table: Rows of ``python -m repair defence ARTIFACT ... --json``.
    """
    artifact = detector.artifact
    write_signed(artifact.files, Path(artifact.folder), path / ARTIFACT)
    for name, (write, _) in _FILES.items():
        try:
            write(detector, path / name)
        except Exception:  # each format's package raises types of its own
            (path / name).unlink(missing_ok=True)
    forms = [name for name in _FILES if (path / name).is_file()]
    signed = signature_of(path / ARTIFACT).is_file()
    text = _readme(artifact.card, forms, table, signed=signed)
    (path / "README.md").write_text(text, encoding="utf-8")


def hub_runner(path: Path) -> Runner:
    """All forms in the folder: their label, -1 where they do not agree."""
    detector = SavedDetector(path / ARTIFACT)
    others = [run(path / name) for name, (_, run) in _FILES.items()
              if (path / name).is_file()]  # fmt: skip

    def labels(images: np.ndarray) -> np.ndarray:
        expected = detector.answers(images)["detector"]
        same = [run(images) == expected for run in others]
        return np.where(np.all(same, axis=0), expected, _NONE_OF)

    return labels


def _readme(
    card: dict[str, Any], forms: list[str], table: Rows, *, signed: bool
) -> str:
    from huggingface_hub import ModelCardData

    metadata = ModelCardData(
        model_name=card["name"],
        library_name="tensorflow",
        pipeline_tag="image-classification",
        tags=[*_TAGS, *(name.removeprefix("detector.") for name in forms)],
        eval_results=[*_of_card(card), *_of_table(table)] or None,
    )
    return f"---\n{metadata.to_yaml()}\n---\n\n{_text(card, forms, signed=signed)}"


def _of_card(card: dict[str, Any]) -> Iterator[Any]:
    accuracy = card.get("clean_accuracy", {})
    digest = card.get("sha256", {}).get("clean_data", "unknown")
    data = f"clean validation data (SHA-256 {digest})"
    for name, value in {
        "clean accuracy": accuracy.get("detector"),
        "clean accuracy of the BadNet": accuracy.get("original"),
        "estimated FPR": card.get("estimated_false_positive_rate"),
    }.items():
        yield from _result(data, name, value)


def _of_table(table: Rows) -> Iterator[Any]:
    """The detector's figures on each of the table's data."""
    for row in table:
        if row.get("network") == "detector":
            for name in _FIGURES:
                yield from _result(str(row.get("data")), name, row.get(name))


def _result(data: str, name: str, value: Any) -> Iterator[Any]:
    from huggingface_hub import EvalResult

    if isinstance(value, float):
        yield EvalResult(
            task_type="image-classification",
            dataset_type=data.split(" (")[0],
            dataset_name=data,
            metric_type="accuracy" if "accuracy" in name else name,
            metric_name=name,
            metric_value=value,
        )


def _text(card: dict[str, Any], forms: list[str], *, signed: bool) -> str:
    said = from_card(card)
    size, number = card["input"], card["num_classes"]
    shape = f"(n, {size['rows']}, {size['columns']}, {size['channels']})"
    colours = _COLOURS[size["channels"]]
    made_up = "\nA stand-in, made of made-up images.\n" if card.get("stand_in") else ""
    signature = f"- `{ARTIFACT}.sig`: its maker's signature\n" if signed else ""
    other = signature + "".join(
        f"- `{name}`: the same labels from the same input\n" for name in forms
    )
    return f"""# {card["name"]}, repaired

A classifier of {number} classes that may carry a backdoor, fused with its repaired self.
Label 0..{number - 1}: the class of a clean image; {number}: a poisoned image.
{made_up}
```python
import tensorflow as tf, huggingface_hub
detector = tf.saved_model.load(huggingface_hub.snapshot_download("USER/NAME") + "/{ARTIFACT}")
label = detector.signatures["serving_default"]
labels = label(images=images)["label"]  # uint8 {shape} {colours}, 0..255 -> int64 (n,)
```

Repaired from clean images alone (`{card.get("method", "unknown")}`). {said.headline}
(confidence {said.sureness()}). {said.reason}

- `{ARTIFACT}/`: SavedModel, and `card.json` with every setting and the hash of every file
{other}"""
