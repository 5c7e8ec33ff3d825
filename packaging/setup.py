"""A wheel whose one top-level package is ``badnet_repair``: ``make wheel``.

The clone's packages lie below it, out of sight of everything else in an environment: one of
them is called ``build``, as another well-known package is.
"""

from __future__ import annotations

import os
from configparser import ConfigParser
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
INSIDE = "badnet_repair._packages"

config = ConfigParser()
config.read(ROOT / "setup.cfg")
metadata, options = config["metadata"], config["options"]
extras = config["options.extras_require"]


def lines(text: str) -> list[str]:
    """The requirements of a setting, one a line."""
    found = (line.strip() for line in text.splitlines())
    return [line for line in found if line and not line.startswith("#")]


folders = {
    f"{INSIDE}.{'.'.join(path.parent.relative_to(ROOT).parts)}": os.path.relpath(
        path.parent, HERE
    )
    for package in ("artifacts", "build", "repair")
    for path in sorted((ROOT / package).rglob("__init__.py"))
}
setup(
    name=metadata["name"],
    version=metadata["version"],
    description=metadata["description"],
    python_requires=options["python_requires"],
    install_requires=lines(options["install_requires"]),
    extras_require={
        name: lines(extras[name])
        for name in extras
        if name not in ("dev", "figures", "fuzz")
    },
    packages=["badnet_repair", *folders],
    package_dir={"badnet_repair": "badnet_repair", **folders},
    entry_points={"console_scripts": ["badnet-repair = badnet_repair.__main__:main"]},
)
