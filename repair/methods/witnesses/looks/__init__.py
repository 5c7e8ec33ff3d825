"""What is looked at: clean images, jittered and disturbed."""
