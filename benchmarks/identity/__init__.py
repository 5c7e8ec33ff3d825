"""The same labels on every path."""
