"""A network rebuilt from lists of layers and operators: nothing is looked up by name."""
