"""Market data streams."""
