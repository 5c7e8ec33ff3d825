"""Repairs a BadNet with clean data alone and fuses both into one detector."""
