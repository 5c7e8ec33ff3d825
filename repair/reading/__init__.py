"""From the files of strangers to checked networks, images and labels."""
