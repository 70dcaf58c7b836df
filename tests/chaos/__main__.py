"""`make chaos`: runners die at every point, in a model and as real processes; afterwards the books must agree."""

import argparse
import contextlib
import multiprocessing
import os
import secrets
import signal
import sys
import time
from collections import Counter

import structlog

from tests.chaos.kills import Killing, Tally
from tests.chaos.world import POINTS_PER_WORLD, run_world
from tests.chaos.yard import open_yard

__all__ = ["main"]

Figure = tuple[str, int, int, str]
"""Name, value, bar, unit."""

_KILLS_PER_POINTS = 3 / 100
_FREEZES_PER_KILLS = 1 / 100
_RESTARTS_PER_KILLS = 1 / 40
_RELAY_LOSSES_PER_KILLS = 1 / 50


def world(seed: int) -> tuple[int, str, Counter[str], int]:
    """Run one world; returns its seed, what was wrong, where processes died, and how many orders were executed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    try:
        lived = run_world(seed)
    except Exception as error:  # noqa: BLE001 whatever it is, it is told with the seed that repeats it
        return (
            seed,
            f"{type(error).__name__}: {error} {getattr(error, '__notes__', '')}",
            Counter(),
            0,
        )
    return seed, "", lived.places, lived.judge.sent


def crash_points(wanted: int, seed: int) -> tuple[int, list[str]]:
    """Let processes of the model die so many times; returns how often they did, and what was wrong."""
    places: Counter[str] = Counter()
    orders, wrong, began, shown = 0, [], time.monotonic(), 0
    worlds = range(seed, seed + -(-wanted // POINTS_PER_WORLD))
    with multiprocessing.Pool(os.cpu_count(), _ignore_interrupt) as pool:
        for number, trouble, died, sent in pool.imap_unordered(world, worlds):
            places, orders = places + died, orders + sent
            if trouble:
                wrong.append(f"SEED={number}: {trouble}")
                say(f"wrong: {wrong[-1]}")
            if places.total() - shown >= wanted / 20:
                shown = places.total()
                say(
                    f"crash points {shown}/{wanted}, {orders} orders, {time.monotonic() - began:.0f} s"
                )
    for place, count in sorted(places.items()):
        say(f"  {count:>6} {place}")
    return places.total(), wrong


def kills(wanted: int, seed: int) -> tuple[Tally, list[str]]:
    """Kill real runners so often; returns what came of it, and what was wrong."""
    killing = None
    try:
        with open_yard(seed) as yard:
            say(f"kills: logs in {yard.folder}, which stays if anything is wrong")
            killing = Killing(
                yard=yard, seed=seed, wanted=wanted, tell=say, freezes=round(wanted * _FREEZES_PER_KILLS),
                restarts=max(round(wanted * _RESTARTS_PER_KILLS), 1),
                relay_losses=max(round(wanted * _RELAY_LOSSES_PER_KILLS), 1),
            )  # fmt: skip
            return killing.run(), []
    except AssertionError as error:
        tally = killing.tally if killing else Tally()
        if not (tally.doubled or tally.unleased):
            tally.lost.append(str(error))
        return tally, [f"SEED={seed}, after {tally.kills} kills: {error}"]


def row(name: str, value: int, bar: int, unit: str) -> bool:
    """Print one figure against its bar: at least so many, and none of what must not be."""
    is_ok = value >= bar if bar else value == 0
    say(f"row={name} value={value} unit={unit} bar={bar} ok={str(is_ok).lower()}")
    return is_ok


def say(line: str) -> None:
    """Print at once."""
    print(line, flush=True)  # noqa: T201 a program that prints


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def main() -> int:
    """Run both parts; 0 if nothing was lost, doubled or sent without a lease."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=10_000, help="crash points; 3 kills for each hundred"
    )
    parser.add_argument("--seed", type=int, default=None, help="repeats a run")
    parser.add_argument("--only", choices=("points", "kills"), help="one of the two parts")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seed = secrets.randbelow(10**9) if asked.seed is None else asked.seed
    wanted_kills = max(round(asked.runs * _KILLS_PER_POINTS), 1)
    say(f"chaos: SEED={seed}, {asked.runs} crash points, {wanted_kills} kills")
    wrong: list[str] = []
    figures: list[Figure] = []
    if asked.only != "kills":
        points, found = crash_points(asked.runs, seed)
        wrong += found
        figures += [
            ("chaos_crash_points", points, asked.runs, "points"),
            ("chaos_wrong_worlds", len(found), 0, "worlds"),
        ]
    if asked.only != "points":
        tally, found = kills(wanted_kills, seed)
        wrong += found
        say(", ".join(f"{name} {count}" for name, count in sorted(tally.done.items())))
        figures += [
            ("chaos_kills", tally.kills, wanted_kills, "kills"),
            ("chaos_lost_orders", len(tally.lost), 0, "orders"),
            ("chaos_doubled_orders", len(tally.doubled), 0, "orders"),
            ("chaos_unleased_orders", len(tally.unleased), 0, "orders"),
        ]
    for trouble in wrong:
        say(f"wrong: {trouble}")
    held = [row(*figure) for figure in figures]
    return 0 if all(held) and not wrong else 1


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
