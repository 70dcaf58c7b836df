"""The runner's commands, one module each."""
