"""Packages that are not there: one line that names them and how to install them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from artifacts.errors import InputError, one_line

_OURS = ("artifacts", "build", "repair", "benchmarks")


def missing_package(reason: ImportError) -> str:
    """What to say of a package that can not be imported.

    Raises:
        ImportError: If it is a module of ours, which is a mistake of ours.
    """
    name = (reason.name or "").split(".")[0]
    if name in _OURS:
        raise reason
    if not name or not isinstance(reason, ModuleNotFoundError):
        return (
            f"a package can not be imported. Received: {one_line(reason)}. Install what "
            "README names, or leave more memory and open files."
        )
    root = Path(__file__).resolve().parent.parent
    python = root / ".venv" / "bin" / "python"
    remedy = f"Install what is needed: {python.parent / 'pip'} install -e {root}"
    if not python.exists():
        remedy = f"Install what is needed: pip install -e {root}"
    elif not sys.prefix.startswith(str(root / ".venv")):
        remedy = f"Run it with {python} instead of {sys.executable}"
    return f"the package {name!r} is missing. {remedy}"


def need(what: str, extra: str, *packages: str) -> None:
    """Makes sure, before any long work, that the packages of an extra are here.

    Args:
        what: What they are needed for, the first word of the message.
        extra: In setup.cfg, which brings them.
        packages: As they are imported.

    Raises:
        InputError: If packages are missing.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if not missing:
        return
    remedy = f"pip install -e '.[{extra}]'"
    if "badnet_repair" in sys.modules:  # installed, without a clone
        remedy = f"pip install {' '.join(packages)}"
    raise InputError(
        f"{what} needs packages that are not installed: {', '.join(missing)}. "
        f"Install them: {remedy}"
    )
