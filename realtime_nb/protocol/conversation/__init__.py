"""The conversation as its events tell it."""
