"""What a chat can do: `Chat` and its parts."""
