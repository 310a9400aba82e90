"""Where to talk to, and which key goes there."""
