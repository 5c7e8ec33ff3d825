"""Operators between layers, each looked up in one list and rebuilt from layers."""
