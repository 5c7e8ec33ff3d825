"""Keys, and artifacts that are signed with them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

with_signing = pytest.mark.skipif(
    find_spec("model_signing") is None,
    reason="model-signing is not installed: pip install -e '.[signing]'",
)


def new_keys(folder: Path) -> Path:
    """Two pairs of keys, ``ours`` and ``theirs``: ``.private`` and ``.pem`` of each."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    encoding = serialization.Encoding.PEM
    for name in ("ours", "theirs"):
        private = ec.generate_private_key(ec.SECP256R1())
        kind, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (folder / f"{name}.private").write_bytes(
            private.private_bytes(encoding, kind, none)
        )
        public = serialization.PublicFormat.SubjectPublicKeyInfo
        (folder / f"{name}.pem").write_bytes(
            private.public_key().public_bytes(encoding, public)
        )
    return folder


def sign(folder: Path, key: Path) -> None:
    """As docs/signing.md says."""
    command = [sys.executable, "-m", "model_signing", "sign", "key", folder]
    signature = folder.with_name(f"{folder.name}.sig")
    options = ["--private_key", key, "--signature", signature]
    done = subprocess.run([*command, *options], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
