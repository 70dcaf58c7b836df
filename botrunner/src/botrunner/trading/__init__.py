"""The pure trading core: no I/O, no clock, no SDK."""
