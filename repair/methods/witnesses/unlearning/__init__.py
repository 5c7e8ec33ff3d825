"""A copy of the BadNet that unlearned what leads to the labels that were found."""
