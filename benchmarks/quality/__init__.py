"""Clean accuracy, FPR, ASR and detection: methods, networks, triggers and seeds."""
