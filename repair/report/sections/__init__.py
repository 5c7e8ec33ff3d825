"""The sections of an inspection's page."""
