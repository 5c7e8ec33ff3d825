"""The default method: a fresh head on the BadNet's convolutions, and suspicion."""
