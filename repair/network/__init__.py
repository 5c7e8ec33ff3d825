"""What is asked of a Keras network, or done to it, whatever the method."""
