"""Each command, put together from its parts."""
