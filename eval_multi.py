"""Labels face images with the detector of multi: python3 eval_multi.py IMAGE."""

from artifacts.detector import main

if __name__ == "__main__":
    main("multi")
