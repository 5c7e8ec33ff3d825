"""Fine-pruning, suspicion and evaluation on arrays and Keras networks.

Nothing heavy is imported here, so that ``python -m repair --help`` answers at once.
Import the module you need, for example ``from repair.reading.data_file import read_dataset``.
"""
