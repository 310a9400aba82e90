"""The rows of an event table."""
