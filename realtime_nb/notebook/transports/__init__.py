"""How a chat reaches its service: the ways there are, which of them works here, other pages."""
