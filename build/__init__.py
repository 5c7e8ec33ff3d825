"""From a BadNet and clean validation data to one SavedModel.

Nothing heavy is imported here, so that ``python -m build --help`` answers at once.
"""
