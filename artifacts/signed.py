"""Who made an artifact: ``FOLDER.sig`` beside it, held against a key before it is loaded.

The card guards against damage; whoever can write into the folder can write a card that fits.
A signature of sigstore's model-signing over card and files can only be made with the private
key. Where a key is required, it is so in every way of loading, of this process and of those
that it starts: an environment variable says so.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifacts.errors import DetectorError, one_line, printable
from artifacts.packages import need

VERIFY_KEY = "BADNET_REPAIR_VERIFY_KEY"


class _Required(argparse.Action):
    def __call__(self, parser: Any, namespace: Any, value: Any, name: Any = "") -> None:
        os.environ[VERIFY_KEY] = value


def add_verify_key(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Adds ``--verify-key KEY.pem`` to a command that loads artifacts."""
    parser.add_argument(
        "--verify-key",
        action=_Required,
        metavar="KEY.pem",
        default=argparse.SUPPRESS,
        help="load an artifact only if FOLDER.sig is its signature by this key",
    )


def check_signature(folder: Path, files: Mapping[str, bytes]) -> None:
    """Holds what was read of an artifact against its signature, if a key is required.

    Args:
        folder: Where it was read from.
        files: Path below the folder -> content, the card among them.

    Raises:
        InputError: If it is unsigned, changed, signed by another key, or that can not
            be found out.
    """
    key = os.environ.get(VERIFY_KEY)
    if not key:
        return
    signature = signature_of(folder)
    for path, what in ((Path(key), "the public key"), (signature, "a signature")):
        if not path.is_file():
            found = "not a file" if path.exists() else "no such file"
            raise DetectorError(
                f"{printable(str(folder))}: expected {what} in {printable(str(path))}. "
                f"Received: {found}. See docs/signing.md."
            )
    need("--verify-key", "signing", "model_signing")
    import tempfile

    from model_signing import verifying

    with tempfile.TemporaryDirectory() as copy:  # of what was read, and is loaded
        write_files(files, Path(copy))
        try:
            config = verifying.Config().use_elliptic_key_verifier(public_key=key)
            config.verify(Path(copy), signature)
        except Exception as reason:  # the package raises many kinds
            raise DetectorError(
                f"{printable(str(folder))}: expected the files that were signed with the "
                f"private key of {printable(key)}. Received: {one_line(reason)} It is not "
                "loaded."
            ) from reason


def signature_of(folder: Path) -> Path:
    """Where the signature of an artifact lies: beside it, whatever links lead there."""
    place = Path(os.path.realpath(folder))
    return place.with_name(f"{place.name}.sig")


def write_signed(files: Mapping[str, bytes], origin: Path, folder: Path) -> None:
    """Writes what was read of an artifact, and its signature beside it if one is required.

    Args:
        files: Path below the folder -> content.
        origin: Where it was read from.
        folder: A new folder, or an empty one.
    """
    write_files(files, folder)
    if os.environ.get(VERIFY_KEY):
        signature_of(folder).write_bytes(signature_of(origin).read_bytes())


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes what was read into a new folder, or an empty one."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
