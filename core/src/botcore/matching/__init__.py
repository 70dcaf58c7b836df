"""The pure matching engine: integers only, no I/O, no clock, no randomness."""
