"""Why a detector answered as it did, and where in the image the reason lies."""
