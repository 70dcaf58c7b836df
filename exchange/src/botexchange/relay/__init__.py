"""The relay role: one upstream connection serves any number of bots."""
