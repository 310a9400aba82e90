"""What a conversation has cost, line by line."""
