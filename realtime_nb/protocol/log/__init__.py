"""The event log, in memory and as lines of a file."""
