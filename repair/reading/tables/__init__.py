"""Tables of pixels, as CSV has them: one image a line."""
