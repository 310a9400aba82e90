"""A lost connection, or one whose hour is up, goes on in a new session of the service."""
