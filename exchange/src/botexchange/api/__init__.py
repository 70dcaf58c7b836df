"""What REST and the WebSocket API answer: one function per endpoint, shared by both."""
