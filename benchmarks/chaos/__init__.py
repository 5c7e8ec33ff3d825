"""What happens while somebody else is at work in the same place."""
