"""Loads a SavedModel and runs it, with TensorFlow's C library where that is enough."""
