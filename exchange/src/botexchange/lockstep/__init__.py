"""Replay that waits for every participant."""
