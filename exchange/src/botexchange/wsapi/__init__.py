"""The WebSocket API with the user data stream."""
