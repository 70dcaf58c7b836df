"""Stands between the engine and each of its ports: two points around every call, and trouble in between.

It knows no method by name but by what it begins with, so that a call added to a port is covered at once.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from tests.chaos.model_process import ModelProcess

__all__ = ["Carrier", "Port", "pause_at"]

Perform = Callable[[], Awaitable[Any]]


class Carrier(Protocol):
    """The way to one surrounding: may lose, delay or refuse what is asked, before or after it is done."""

    async def carry(self, name: str, perform: Perform, process: ModelProcess) -> Any:
        """Bring one call there and its answer back."""
        ...


class Port:
    """A port of the engine's, with every coroutine method wrapped."""

    def __init__(self, name: str, inner: Any, carrier: Carrier, process: ModelProcess) -> None:
        self._name = name
        self._inner = inner
        self._carrier = carrier
        self._process = process

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(found):
            return found
        return partial(self._call, name, found)

    async def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        label = f"{self._name}.{name}"
        await pause_at(self._process, f"before {label}")
        answer = await self._carrier.carry(name, partial(method, *args, **named), self._process)
        await pause_at(self._process, f"after {label}")
        return answer


async def pause_at(process: ModelProcess, label: str, seconds: float = 0.0) -> None:
    """Pass a point: the process may die or freeze here."""
    process.pass_point(label)
    await asyncio.sleep(seconds)
