"""The venue as a page: HTTP and WebSocket around the server's core, JSON for its messages."""
