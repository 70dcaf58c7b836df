"""Which request meets which fault: drawn from a seed, and the same for the n-th request of its kind."""

import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Asked", "Fault", "Faults"]

NAMESPACE = re.compile(r"/namespaces/[^/]+")


class Fault(StrEnum):
    """How a request ends."""

    CONFLICT = "409"
    GONE = "410"
    BUSY = "429"
    BROKEN = "500"
    UNAVAILABLE = "503"
    SILENT = "silent"
    """Taken and never answered, nor carried out."""
    LOST_ANSWER = "lost-answer"
    """Carried out; the connection ends before the answer."""
    CUT = "cut"
    """A watch that ends in the middle of a line."""
    DELAY = "delay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request to the API server; `text` is what its body says."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def is_watch(self) -> bool:
        return "watch" in self.query

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def is_of_leader(self) -> bool:
        return "/leases" in self.path

    @property
    def is_continued(self) -> bool:
        return "continue" in self.query

    @property
    def kind(self) -> str:
        """Method and path; a namespace's name is another one each time."""
        watch = "watch " if self.is_watch else ""
        return f"{self.method} {watch}{NAMESPACE.sub('', self.path)}"

    def can_meet(self, fault: Fault) -> bool:
        """Tell whether a real server, or network, would do that to it."""
        match fault:
            case Fault.CONFLICT | Fault.LOST_ANSWER:
                return self.is_write
            case Fault.GONE:
                return self.is_watch or self.is_continued
            case Fault.CUT:
                return self.is_watch
            case _:
                return True

    def forces(self, body: Any) -> bool:
        """Tell whether it removes something without its grace period."""
        options = body if isinstance(body, dict) else {}
        given = self.query.get("gracePeriodSeconds", options.get("gracePeriodSeconds"))
        return self.method == "DELETE" and str(given) == "0"


class Faults:
    """The choice for every request; what other requests do meanwhile does not change it."""

    def __init__(self, seed: int, rates: Mapping[Fault, float]) -> None:
        """Let this share (0 to 1) of the requests that can meet a fault meet it."""
        self._seed = seed
        self._rates = sorted(rates.items())
        self._seen: Counter[str] = Counter()

    def choose(self, asked: Asked) -> tuple[Fault | None, random.Random]:
        """Choose for the next request, and give what chance further decides about it."""
        self._seen[asked.kind] += 1
        chance = random.Random(f"{self._seed} {asked.kind} {self._seen[asked.kind]}")
        for fault, rate in self._rates:
            if asked.can_meet(fault) and chance.random() < rate:
                return fault, chance
        return None, chance
