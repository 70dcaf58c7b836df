"""Runs other people's Binance clients, unmodified, against our exchange.

Each suite gets an exchange of its own and runs in its client's environment. A check may fail only if
`known.json` names it with the reason; one that is named there and passes fails the run as well.
"""

import argparse
import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from hack.environments import lock, python_of
from tests.conformance.clients.checks import MARK
from tests.conformance.suites import OPTIONAL, SUITES
from tests.conformance.venue import complaints, fresh_exchange

__all__ = ["main"]

KNOWN = Path(__file__).with_name("known.json")
_TAIL = 15


@dataclass
class Result:
    """What one suite said: reason of failure by check, empty for a pass."""

    name: str
    checks: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    seconds: float = 0

    @property
    def passed(self):
        """How many checks passed."""
        return sum(not why for why in self.checks.values())

    def surprises(self, known):
        """List the failures nobody listed, and the listed ones that are gone."""
        found = [f"{name}: {why}" for name, why in self.checks.items() if why and name not in known]
        gone = [
            f"{name}: listed as known, but passes" for name in known if not self.checks.get(name)
        ]
        return found + gone


def run(suite):
    """Run one suite to its end, or to the end of its time."""
    result, began = Result(suite.name), time.monotonic()
    try:
        python = python_of(suite.environment)
        with fresh_exchange() as (setup, server_log):
            _drive([python, "-u", suite.path, *suite.arguments], setup, suite.seconds, result)
        for number, complaint in enumerate(complaints(server_log)):
            result.checks[f"server error {number}"] = complaint
    except (OSError, subprocess.CalledProcessError, AssertionError, ValueError) as error:
        result.checks["start"] = f"{type(error).__name__}: {error}"
    if not result.checks:
        result.checks["any check"] = "the suite told nothing"
    result.seconds = time.monotonic() - began
    return result


def _drive(command, setup, seconds, result):
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    process.stdin.write(json.dumps(setup))
    process.stdin.close()
    lines = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    end, why = time.monotonic() + seconds, "ends in time"
    while True:
        try:
            line = lines.get(timeout=max(0, end - time.monotonic()))
        except queue.Empty:
            result.checks[why] = f"still running after {seconds} s"
            break
        if line is None:
            break
        _note(line, result)
    with_code = _end(process)
    if "ends in time" not in result.checks and with_code:
        result.checks["ends well"] = f"exit code {with_code}"


def _read(stream, lines):
    for line in stream:
        lines.put(line.rstrip())
    lines.put(None)


def _note(line, result):
    if line.startswith(MARK):
        told = json.loads(line.removeprefix(MARK))
        # A name told twice stands for one check: it has passed only if it always did.
        result.checks[told["name"]] = result.checks.get(told["name"]) or told["why"]
    else:
        result.log.append(line)


def _end(process):
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait(5)


def report(results, known):
    """Print the table, the surprises and the rows; tell whether all is as it should be."""
    print(f"\n{'suite':<20}{'passed':>7}{'total':>7}{'known':>7}{'seconds':>9}")
    for one in results:
        listed = len(known.get(one.name, {}))
        print(f"{one.name:<20}{one.passed:>7}{len(one.checks):>7}{listed:>7}{one.seconds:>9.1f}")
    is_good = True
    for one in results:
        surprises = one.surprises(known.get(one.name, {}))
        is_good = is_good and not surprises
        if surprises:
            print(f"\n{one.name}:")
            print("\n".join(f"  {line}" for line in surprises))
            if any(
                name in one.checks for name in ("start", "any check", "ends well", "ends in time")
            ):
                print("\n".join(f"    | {line[:300]}" for line in one.log[-_TAIL:]))
    print()
    for one in results:
        print(
            f"row={one.name} value={one.passed} total={len(one.checks)} seconds={one.seconds:.0f}"
        )
    return is_good


def main():
    """Run what is asked for; 0 if every check passed or is a known difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("verb", nargs="?", default="run", choices=("run", "lock"))
    parser.add_argument("--clients", default="", help="names of suites, or all")
    parser.add_argument("--jobs", type=int, default=3, help="suites beside each other")
    asked = parser.parse_args()
    if asked.verb == "lock":
        lock()
        return 0
    every = {suite.name: suite for suite in (*SUITES, *OPTIONAL)}
    names = asked.clients.replace(",", " ").split()
    chosen = (
        SUITES
        if not names
        else every.values()
        if names == ["all"]
        else [every[name] for name in names]
    )
    for environment in sorted({suite.environment for suite in chosen}):
        # One after another, since suites share them; what fails here fails in its suites by name.
        with contextlib.suppress(subprocess.CalledProcessError, ValueError):
            python_of(environment)
    known = json.loads(KNOWN.read_text(encoding="utf-8"))
    with ThreadPoolExecutor(asked.jobs) as pool:
        results = list(pool.map(run, chosen))
    return 0 if report(results, known) else 1


if __name__ == "__main__":
    sys.exit(main())
