"""`python -m hack.standalone up`: what `make run` does."""

import argparse
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from hack.report import Report, StepFailed
from hack.standalone.installation import open_installation
from hack.standalone.ledger_setup import newest_fill, wait_for_fill
from hack.standalone.leftovers import exclusive
from hack.standalone.platform import Standalone
from hack.standalone.replay import market_of, replay_bot

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "examples" / "paper-bot.yaml"


def main() -> int:
    """Start the platform, show the first trade, and run until Ctrl-C."""
    options = _options()
    report = Report(already_seconds=max(0.0, time.time() - options.since) if options.since else 0.0)  # noqa: TID251 measures the caller's wall clock
    # Also where a script started this in the background, and so with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    report.say(f"kbots on this host, data in {options.data}")
    if options.since:
        report.done("Python environment", report.elapsed())
    try:
        market = market_of(options.candles)
        with exclusive(options.data.resolve()):
            installation = open_installation(
                options.data, market=market, port_base=options.port_base
            )
            return _run(Standalone(installation=installation, report=report), options)
    except StepFailed as failure:
        report.say(f"  ✗ {failure.why}\n    fix: {failure.fix}")
        return 1


def _run(platform: Standalone, options: argparse.Namespace) -> int:
    code = 0
    try:
        platform.start()
        if not options.no_example:
            _trade(platform)
        _summary(platform, options)
        if not options.once:
            code = _watch(platform)
    except StepFailed:
        code = 1  # its step has printed it
    except KeyboardInterrupt:
        platform.report.say("\nstopping, newest first")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        platform.stop()
    platform.report.say(
        "everything is stopped; `make run` goes on from here" if code == 0 else "stopped"
    )
    return code


def _trade(platform: Standalone) -> None:
    installation, report = platform.installation, platform.report
    manifest = (
        replay_bot(installation.market)
        if installation.is_replay
        else EXAMPLE.read_text(encoding="utf-8")
    )
    with report.step(f"apply {'the replay bot' if installation.is_replay else EXAMPLE.name}"):
        platform.apply(manifest)
    bot = _bot(platform)
    before = newest_fill(installation)
    with report.step("first fill" if before is None else "next fill"):
        seconds = 90 if before is None else 8
        came = wait_for_fill(
            installation, seconds=seconds, goes_on=lambda: not platform.failed_programs()
        )
        if not came and before is None:
            raise StepFailed(
                f"{bot} traded nothing within {seconds} s",
                fix=f"see why with `kbots describe tb {bot}`, then run again",
                log=platform.log_of(f"tb-{bot}"),
            )
    report.say(f"\n  {newest_fill(installation)}")


def _bot(platform: Standalone) -> str:
    return "replay-bot" if platform.installation.is_replay else EXAMPLE.stem


def _summary(platform: Standalone, options: argparse.Namespace) -> None:
    data = f" --data {options.data}" if options.data != Path(".data") else ""
    report = platform.report
    report.say(f"\n  ready after {report.elapsed():.1f} s")
    report.say(f"  dashboard    {platform.installation.url('dashboard')}")
    report.say(f"  first admin  {platform.first_admin_link()}")
    report.say("\n  next, in another terminal:")
    bot = _bot(platform)
    for command in ("get tb", f"describe tb {bot}", f"logs {bot}"):
        report.say(f"    .venv/bin/kbots{data} {command}")
    report.say("\n  Ctrl-C stops everything in order.")


def _watch(platform: Standalone) -> int:
    told: set[str] = set()
    while platform.supervisor.is_alive():
        with suppress(OSError):
            for name in set(platform.failed_programs()) - told:
                told.add(name)
                platform.report.say(f"  ✗ {name} keeps ending; log: {platform.log_of(name)}")
        time.sleep(1)
    platform.report.say(f"  ✗ the process manager ended; log: {platform.supervisor.log}")
    return 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hack.standalone", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="start everything and run until Ctrl-C")
    up.add_argument("--data", type=Path, default=Path(".data"), help="the data folder (.data)")
    up.add_argument("--candles", help="replay this file, named like BTCUSDT-1h.csv")
    up.add_argument("--port-base", type=int, help="use the four ports from here on")
    up.add_argument("--no-example", action="store_true", help="apply no bot and wait for no fill")
    up.add_argument("--once", action="store_true", help="stop again after the first fill")
    up.add_argument("--since", type=float, help="when the command was given (epoch seconds)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
