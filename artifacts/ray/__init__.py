"""Labels images on many machines with Ray."""
