"""Labels face images with the detector of sunglasses: python3 eval_sunglasses.py IMAGE."""

from artifacts.detector import main

if __name__ == "__main__":
    main("sunglasses")
