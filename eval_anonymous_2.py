"""Labels face images with the detector of anonymous_2: python3 eval_anonymous_2.py IMAGE."""

from artifacts.detector import main

if __name__ == "__main__":
    main("anonymous_2")
