"""kill -9 of the operator between any two of its writes: every bot ends as one whose operator was left alone."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest

from tests.cluster.operator.faults_run import SEED, sample
from tests.cluster.operator.lives import Lives, bot_of
from tests.cluster.operator.restarting import KeptOperator
from tests.support.faults.choosing import Asked
from tests.support.faults.proxy import Moment

CALM = "life-0"
# Of each of the three parts of a life, where not every place is tried.
FEW = 4
# A part of a life takes about nine writes with its events; a bot's own kill and others' kills repeat a few.
MOST_WRITES = 40


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an operator dies: at a bot's n-th write, before or after it is carried out."""

    number: int
    moment: Moment


class Killer:
    """Kills the operator once for every bot, at the place that is the bot's own."""

    def __init__(self, kill: Callable[[], None], places: Mapping[str, Place]) -> None:
        self._kill = kill
        self._places = places
        self._count: Counter[str] = Counter()
        self.killed: set[str] = set()

    def let_pass(self, asked: Asked, moment: Moment) -> bool:
        if is_event(asked):
            return True  # tells what was done; nothing follows from it
        bot = bot_of(asked)
        self._count[bot] += moment is Moment.BEFORE
        place = self._places.get(bot)
        # Later, where another bot's kill kept it from getting there.
        if place is None or bot in self.killed or Place(self._count[bot], moment) < place:
            return True
        self.killed.add(bot)
        self._kill()
        return False


@pytest.mark.timeout(1800)
def test_operator_killed_at_any_of_its_writes_ends_where_it_would_have(
    kept: KeptOperator, lives: Lives
) -> None:
    print(f"SEED={SEED}, logs in {lives.operator.folder}")  # noqa: T201 shown if the test fails
    acts = (lives.create, lives.change, lives.delete)
    parts, shapes = calm_life(lives, acts)
    every = [places_of(len(part)) for part in parts]
    places = [sample(one, FEW) for one in every]
    names = [f"life-{number}" for number in range(1, max(map(len, places)) + 1)]

    for act, there, part, shape in zip(acts, places, parts, shapes, strict=True):
        killer = Killer(kept.kill, dict(zip(names, there, strict=False)))
        before = lives.writes()
        lives.proxy.on_write = killer.let_pass
        act(names)
        if shape:
            lives.wait_like(names, shape)
        else:
            lives.wait_gone(names)

        print(f"{act.__name__}: {len(part)} writes calmly, {len(killer.killed)} kills")  # noqa: T201 as above
        certain = sum(not is_status(asked) for asked in part)
        died = {name for name, place in zip(names, there, strict=False) if place.number <= certain}
        assert killer.killed >= died, f"{act.__name__} writes at other places than calmly"
        most = max((lives.writes() - before)[name] for name in names)
        print(f"at most {most} writes of a bot, {kept.starts} operators")  # noqa: T201 as above
        assert most <= MOST_WRITES
    assert set(lives.pods_made().values()) == {1}
    assert lives.proxy.forced == []


def calm_life(
    lives: Lives, acts: Sequence[Callable[[Sequence[str]], None]]
) -> tuple[list[list[Asked]], list[dict[str, object]]]:
    """Live one life undisturbed: what every part of it wrote, and what was there after it."""
    parts, shapes = [], []
    for generation, act in enumerate(acts, start=1):
        before = len(steps(lives))
        act([CALM])
        if generation < len(acts):
            shapes.append(lives.rest(CALM, generation))
        else:
            lives.wait_gone([CALM])
            shapes.append({})
        parts.append(steps(lives)[before:])
    return parts, shapes


def steps(lives: Lives) -> list[Asked]:
    """What was written of the calm bot, without events."""
    written = [one.asked for one in lives.proxy.writes if bot_of(one.asked) == CALM]
    return [asked for asked in written if not is_event(asked)]


def is_event(asked: Asked) -> bool:
    return "/events" in asked.path


def is_status(asked: Asked) -> bool:
    """Tell whether it is a write of the status: what the kubelet did meanwhile is told in one step or in several."""
    return asked.path.endswith("/status")


def places_of(writes: int) -> list[Place]:
    """Every place, and one beyond the last, where nobody dies if none was forgotten."""
    return [Place(number, moment) for number in range(1, writes + 2) for moment in Moment]
