"""Labels face images with the detector of anonymous_1: python3 eval_anonymous_1.py IMAGE."""

from artifacts.detector import main

if __name__ == "__main__":
    main("anonymous_1")
