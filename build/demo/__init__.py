"""The demo world: invented faces, and BadNets trained on them, with no download."""
