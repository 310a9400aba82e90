"""What a notebook and a file keep of a conversation, and conversations read from them."""
