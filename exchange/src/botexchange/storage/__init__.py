"""The exchange's memory on disk."""
