"""Every figure of speed, size and memory."""
