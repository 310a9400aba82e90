"""Both sides' sound and everything that happened, on one clock."""
