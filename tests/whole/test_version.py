"""Every command says which version it is of, and it is that of setup.cfg."""

from __future__ import annotations

from configparser import ConfigParser

import pytest
from toys import ROOT, run_python


@pytest.mark.parametrize("module", ["repair", "build", "artifacts"])
def test_command_says_the_version(module):
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    answer = run_python("-m", module, "--version")
    said = f"{config['metadata']['name']} {config['metadata']['version']}\n"
    assert (answer.code, answer.out, answer.err) == (0, said, "")
