"""A conversation as one piece of HTML."""
