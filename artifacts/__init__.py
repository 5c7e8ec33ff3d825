"""The detectors that are handed over, and what runs them."""
