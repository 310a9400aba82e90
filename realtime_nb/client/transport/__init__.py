"""How a session reaches its service: a WebSocket, a call's sideband, a page's data channel."""
