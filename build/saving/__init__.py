"""One SavedModel and its card, put in place whole."""
