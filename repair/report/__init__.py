"""What the defence believes about a network, as one page, pictures and JSON."""
