"""Random files for everything that reads files: ``python -m benchmarks.fuzz TARGET``."""
