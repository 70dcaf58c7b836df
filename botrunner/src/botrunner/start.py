"""Starts the runner's commands."""

from botcore.runtime import lean_imports

with lean_imports.program():
    from botrunner.main import main

__all__ = ["main"]
