"""One conversation in one file."""
