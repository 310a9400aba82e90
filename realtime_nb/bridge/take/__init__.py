"""A recording made in a cell."""
