"""The lock file pins what ``setup.cfg`` asks for, within its bounds."""

from __future__ import annotations

import configparser
import re

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from toys import ROOT

PIN = re.compile(r"^([\w.-]+)==(\S+) \\$", re.MULTILINE)
LOCK = (ROOT / "requirements-dev.lock").read_text()
PINS = {name: Version(version) for name, version in PIN.findall(LOCK)}


def requirements(*keys: tuple[str, str]) -> list[Requirement]:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    lines = [line for key in keys for line in parser[key[0]][key[1]].splitlines()]
    return [Requirement(line) for line in lines if line]


RUN = requirements(("options", "install_requires"))
DEV = requirements(("options.extras_require", "dev"))


@pytest.mark.parametrize("wanted", RUN + DEV, ids=str)
def test_every_requirement_is_pinned_within_its_bounds(wanted):
    name = wanted.name.lower()
    assert name in PINS, "make lock"
    assert PINS[name] in wanted.specifier, "make lock"


@pytest.mark.parametrize("wanted", RUN, ids=str)
def test_what_runs_is_bounded_on_both_sides(wanted):
    operators = {each.operator for each in wanted.specifier}
    assert operators == {">=", "<"}


def test_every_pin_has_its_hashes():
    pinned = re.split(r"^(?=\S+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(pinned) == len(PINS) > 40
    assert all("--hash=sha256:" in each for each in pinned)
    assert "://" not in LOCK, "no index but the user's own"
