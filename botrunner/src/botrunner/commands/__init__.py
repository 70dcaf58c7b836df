"""Commands for people: they read what a bot left behind, and trade nothing."""
