"""The past traded again: the same `decide`, a simulated venue, and what came of it."""
