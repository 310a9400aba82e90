"""What carries messages between page and kernel: the comm, and the fast path beside it."""
