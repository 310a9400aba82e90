"""What every REST request of the server shares: its body, its errors, its stream, its turn."""
