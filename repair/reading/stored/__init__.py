"""What a file of any kind stores: a description, weights, a few words on its writer."""
