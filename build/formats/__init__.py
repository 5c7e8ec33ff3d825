"""A detector in other formats: Keras, ONNX and LiteRT."""
