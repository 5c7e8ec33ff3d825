"""Whether the reader answers as Keras does, on every network of ``keras.applications``."""
