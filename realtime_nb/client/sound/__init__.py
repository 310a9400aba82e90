"""Sound into a session: clips as microphones, and what came of them."""
