"""A ``%%realtime`` cell: read, checked, completed, and run."""
