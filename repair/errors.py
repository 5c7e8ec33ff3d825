"""The errors of what ``repair`` and ``build`` are given.

RepairError, an ``artifacts.errors.InputError``
├── DatasetError    a data file is missing, broken or not what was expected
├── ModelError      a network file is missing, broken, unsupported or unsafe
├── SettingError    an argument makes no sense, alone or for this network
└── RepairFailedError    the input was fine, but no usable artifact came out of it
"""

from artifacts.errors import InputError


class RepairError(InputError):
    """Base of the errors here; exit code 2."""


class DatasetError(RepairError):
    """A data file is missing, broken or not what was expected."""


class ModelError(RepairError):
    """A network file is missing, broken, unsupported or unsafe."""


class SettingError(RepairError):
    """An argument makes no sense, alone or for this network."""


class RepairFailedError(RepairError):
    """The input was fine, but no usable artifact came out of it; exit code 1."""

    exit_code = 1
