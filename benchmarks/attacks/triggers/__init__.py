"""Triggers: seeded functions from images to images that carry the trigger.

Every trigger takes images ``(n, rows, cols, 3)`` uint8 RGB and returns a new array of the
same shape and type. The seed fixes pattern, colour and place, so that training and
measuring stamp the same trigger.
"""
