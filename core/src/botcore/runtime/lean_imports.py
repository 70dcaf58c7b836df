"""Parts of a library that a program never calls, kept out of its memory while the library is imported.

Importing any part of a package runs all of it that its `__init__` names. What is held back here is held back during
that one import; whoever else imports it in this process gets the real one.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

__all__ = ["hidden", "missing", "program"]


class _Hidden(ModuleType):
    """Answers whatever is asked for by name, such as a class in an annotation."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return object


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Give stand-ins for these modules during the block, where they are not imported yet."""
    with _instead({name: _Hidden(name) for name in names}):
        yield


@contextmanager
def missing(*names: str) -> Iterator[None]:
    """Have the import of these modules fail during the block, where they are not imported yet."""
    with _instead(dict.fromkeys(names)):
        yield


@contextmanager
def program() -> Iterator[None]:
    """Import a program during the block, for the length of its life.

    The garbage collector, woken again and again by so much that is new, takes a fifth of the time and finds nothing: it
    waits, and never looks at any of it later. structlog draws tracebacks in colour where rich is installed, for
    whatever other package; programs write JSON.
    """
    gc.disable()
    try:
        with missing("rich"):
            yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _instead(modules: dict[str, ModuleType | None]) -> Iterator[None]:
    absent = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(absent)  # type: ignore[arg-type]  # None makes an import fail; its type does not know
    try:
        yield
    finally:
        for name, module in absent.items():
            del sys.modules[name]
            parent, _, child = name.rpartition(".")
            package = vars(sys.modules[parent]) if parent in sys.modules else {}
            if module is not None and package.get(child) is module:
                del package[child]  # its package has taken it for its own
