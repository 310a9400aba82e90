"""What a log says of connections that were lost and restored."""
