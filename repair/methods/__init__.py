"""Ways to repair a BadNet with clean images alone."""
