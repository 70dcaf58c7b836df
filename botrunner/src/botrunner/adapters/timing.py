"""How long calls to the outside take; who wants to know is handed in."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

__all__ = ["Observe", "nobody", "timed", "timing"]

Observe = Callable[[str, str, float], None]
"""Takes what was called, how it ended, and the seconds it took; must not raise."""


def nobody(_what: str, _ending: str, _seconds: float) -> None:
    """Observe nothing."""


@contextmanager
def timing(
    observe: Observe, what: str, ending: Callable[[Exception], str] = lambda _: "Failed"
) -> Iterator[None]:
    """Time the block; `ending` names how an error ended it, empty if nothing was called after all."""
    clock = asyncio.get_running_loop().time
    began, how = clock(), "Done"
    try:
        yield
    except Exception as error:
        how = ending(error)
        raise
    except BaseException:  # cancelled: says nothing about the other side
        how = ""
        raise
    finally:
        if how:
            observe(what, how, clock() - began)


class _Observed(Protocol):
    observe: Observe


S = TypeVar("S", bound=_Observed)
P = ParamSpec("P")
T = TypeVar("T")
Method = Callable[Concatenate[S, P], Coroutine[Any, Any, T]]


def timed(what: str) -> Callable[[Method[S, P, T]], Method[S, P, T]]:
    """Time a method of an object that has `observe`."""

    def timed_method(method: Method[S, P, T]) -> Method[S, P, T]:
        @wraps(method)
        async def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
            with timing(self.observe, what):
                return await method(self, *args, **kwargs)

        return call

    return timed_method
