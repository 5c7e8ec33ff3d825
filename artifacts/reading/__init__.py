"""Images to label: files, folders, patterns, HDF5, each checked."""
