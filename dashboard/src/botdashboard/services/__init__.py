"""Use cases; the first argument of each is who acts."""
