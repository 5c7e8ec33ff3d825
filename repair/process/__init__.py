"""What a command does around its work: errors, signals, progress, whole files."""
