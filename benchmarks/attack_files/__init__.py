"""Known ways to attack by a model file, written from scratch, and who notices."""
