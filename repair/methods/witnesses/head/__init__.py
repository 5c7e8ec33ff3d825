"""The head: a discriminant that inherits nothing from the BadNet's own."""
