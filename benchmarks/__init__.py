"""Slow, full-size measurements; nothing here is needed to build or to use a detector."""
