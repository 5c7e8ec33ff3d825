"""Where attacks are tried: faces, CIFAR-10 and traffic signs."""
