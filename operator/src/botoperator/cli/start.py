"""Starts the command line."""

from botcore.runtime import lean_imports

with lean_imports.program():
    from botoperator.cli.main import main

__all__ = ["main"]
