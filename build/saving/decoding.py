"""PNG and JPEG decoded in a graph, to what Pillow makes of them for the command."""

from __future__ import annotations

import tensorflow as tf

# How much red, green and blue count in grey, of 2**16 (ITU-R 601-2, as Pillow rounds it).
_LUMA, _HALF, _BITS = (19595, 38470, 7471), 1 << 15, 16


def decoded(data: tf.Tensor, channels: int) -> tf.Tensor:
    """An image ``(rows, columns, channels)`` uint8.

    Args:
        data: The bytes of a PNG or JPEG, a string scalar.
        channels: 1 for grey, 3 for RGB, 4 for RGBA.
    """
    wanted = 3 if channels == 1 else channels
    image = tf.io.decode_image(data, wanted, expand_animations=False)
    if channels != 1:
        return image
    colours = tf.cast(tf.ensure_shape(image, (None, None, 3)), tf.int32)
    grey = tf.reduce_sum(colours * tf.constant(_LUMA), axis=-1, keepdims=True) + _HALF
    return tf.cast(tf.bitwise.right_shift(grey, _BITS), tf.uint8)
