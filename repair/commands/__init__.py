"""The commands of ``python -m repair``."""
