"""Commands for people, one module each: they read what a bot did or would have done, and send nothing."""
