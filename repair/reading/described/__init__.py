"""A model as its file describes it, brought to one form: parts, calls, steps."""
