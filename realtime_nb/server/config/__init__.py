"""The session object: what may stand in it, its defaults, and how it changes."""
