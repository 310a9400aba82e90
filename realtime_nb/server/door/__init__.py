"""The server's port: who may come in, and by which way."""
