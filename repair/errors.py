"""The errors that a user can cause, and mend.

RepairError
├── DatasetError    a data file is missing, broken or not what was expected
├── ModelError      a network file is missing, broken, unsupported or unsafe
├── SettingError    an argument makes no sense, alone or for this network
└── RepairFailedError    the input was fine, but no usable artifact came out of it

Messages say what was found, what was expected and what to do, in one line.
"""


def printable(text: str) -> str:
    """``text`` on one line, control characters and terminal escapes replaced by ``?``."""
    return "".join(c if c.isprintable() else "?" for c in text)


class RepairError(Exception):
    """Base of all errors that a command prints as one line; exit code 2."""

    exit_code = 2


class DatasetError(RepairError):
    """A data file is missing, broken or not what was expected."""


class ModelError(RepairError):
    """A network file is missing, broken, unsupported or unsafe."""


class SettingError(RepairError):
    """An argument makes no sense, alone or for this network."""


class RepairFailedError(RepairError):
    """The input was fine, but no usable artifact came out of it; exit code 1."""

    exit_code = 1
