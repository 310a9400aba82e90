"""The session config: read as people write it, checked, compared with what is in force."""
