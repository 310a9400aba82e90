"""Which pages show a session, which of them plays, and what is done when that one goes."""
