"""Original and repaired network in one Keras model, and the layer that compares them."""
