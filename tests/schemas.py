"""Holds JSON values against the schemas in ``docs/schemas``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from toys import ROOT


def hold(value: Any, name: str) -> None:
    """Fails where a value is not as ``docs/schemas/NAME.json`` says."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema)
    validator(schema).validate(value)
