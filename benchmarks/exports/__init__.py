"""Do all forms of artifacts of other networks give the same labels, how large, how fast?"""
