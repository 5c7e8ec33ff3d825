"""Clean accuracy, ASR, detection and false-positive rate of networks and detectors."""
