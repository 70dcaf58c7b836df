"""What a bench prints: one line per figure, with the bar it is held against."""

import operator
import os
import timeit
from dataclasses import dataclass
from typing import Final

__all__ = ["Row", "at_least", "at_most", "below", "note"]

_TURNS: Final = 20_000
_HOLDS: Final = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure; `sign` says on which side of the bar is good."""

    name: str
    value: float
    unit: str
    bar: float
    sign: str

    @property
    def is_ok(self) -> bool:
        """Tell whether the figure reaches its bar."""
        return bool(_HOLDS[self.sign](self.value, self.bar))

    def __str__(self) -> str:
        ok = "true" if self.is_ok else "false"
        value, bar = f"{self.value:.4g}", f"{self.bar:g}"
        if self.value >= 1_000:
            value = f"{self.value:.0f}"
        return f"row={self.name} value={value} unit={self.unit} bar={self.sign}{bar} ok={ok}"


def at_least(name: str, value: float, bar: float, unit: str) -> Row:
    """Make a figure that must reach its bar."""
    return Row(name=name, value=value, unit=unit, bar=bar, sign=">=")


def at_most(name: str, value: float, bar: float, unit: str) -> Row:
    """Make a figure that may reach its bar and not pass it; one that is not known (nan) misses it."""
    return Row(name=name, value=value, unit=unit, bar=bar, sign="<=")


def below(name: str, value: float, bar: float, unit: str) -> Row:
    """Make a figure that must stay below its bar."""
    return Row(name=name, value=value, unit=unit, bar=bar, sign="<")


def note(text: str) -> None:
    """Print a remark with what else the machine had to do, and how fast it is at this moment.

    A virtual processor may be several times slower than an hour ago; a figure in units of time means little without.
    """
    one, _, _ = os.getloadavg()
    turn = min(timeit.repeat("x += 1", "x = 0", number=_TURNS, repeat=3)) / _TURNS * 1e9
    machine = f"load {one:.1f} on {os.cpu_count()} processors, {turn:.0f} ns an addition"
    print(f"# {text} ({machine})", flush=True)
