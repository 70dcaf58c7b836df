"""Clock, logs and settings: what a process needs before it knows its domain."""
