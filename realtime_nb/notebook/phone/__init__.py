"""Telephone calls in a notebook: a line that rings, its table, and a chat for each call taken."""
