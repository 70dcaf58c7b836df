"""Tools of the repository: one-command runs on a laptop."""
