"""`python -m hack.cluster up|down|clean-all|status`: the whole platform on a Kubernetes cluster of this machine."""

import argparse
import os
import signal
import sys
import time
from types import FrameType

from hack.cluster.context import Context, make_context
from hack.cluster.engine import ensure_engine
from hack.cluster.example import BOTS, EXAMPLE, first_admin_link, trade
from hack.cluster.images import make_images
from hack.cluster.kind_cluster import ensure_cluster, load_images
from hack.cluster.registry import is_offline
from hack.cluster.release import ensure_release
from hack.cluster.removal import clean_all, down
from hack.cluster.settings import read_settings
from hack.cluster.state import dashboard_port, exclusive
from hack.cluster.status import print_status
from hack.report import Report, StepFailed

__all__ = ["main"]


def main() -> int:
    """Do what was asked; 1 says a step failed, 130 that a person ended it."""
    options = _options()
    report = Report(already_seconds=max(0.0, time.time() - options.since) if options.since else 0.0)  # noqa: TID251 measures the caller's wall clock
    # SIGINT too: a shell starts background jobs with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    # Files that go into images must not take the caller's mask.
    os.umask(0o022)
    try:
        context = make_context(read_settings(), report)
        if options.verb == "status":
            return 0 if print_status(context) else 1
        with exclusive(context.paths):
            return _run(context, options)
    except StepFailed as failure:
        if not failure.is_told:
            report.say(f"  ✗ {options.verb}")
        report.failed(failure)
        return 1


def _run(context: Context, options: argparse.Namespace) -> int:
    try:
        if options.verb == "up":
            _up(context, has_example=not options.no_example)
        else:
            {"down": down, "clean-all": clean_all}[options.verb](context)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        context.commands.stop()
        context.report.say(
            "\nstopped; what is finished stays, and the same command goes on from here"
        )
        return 130
    return 0


def _up(context: Context, *, has_example: bool) -> None:
    context.report.say(f"kbots on Kubernetes, files in {context.paths.cache}")
    ensure_engine(context)
    offline = is_offline(context)
    images = make_images(context, is_offline=offline)
    ensure_cluster(context, images.node, is_offline=offline)
    load_images(context, images)
    ensure_release(context, images, dashboard_port(context.paths))
    if has_example:
        trade(context)
    _summary(context)


def _summary(context: Context) -> None:
    report = context.report
    report.say(f"\n  ready after {report.elapsed():.1f} s")
    report.say(f"  dashboard    http://127.0.0.1:{dashboard_port(context.paths)}")
    report.say(f"  first admin  {first_admin_link(context)}")
    report.say("\n  next:")
    report.say(f"    export KUBECONFIG={context.paths.kubeconfig} PATH={context.paths.bin}:$PATH")
    for command in ("get tb", f"describe tb {EXAMPLE.stem}", f"logs tb-{EXAMPLE.stem}"):
        report.say(f"    kubectl -n {BOTS} {command}")
    report.say("\n  make down removes the cluster.")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m hack.cluster",
        description=__doc__,
        epilog="KBOTS_OFFLINE=1 builds every image here, 0 pulls what can be pulled; unset finds out",
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser(
        "up", help="make what is missing, install the platform and let a bot trade"
    )
    up.add_argument("--no-example", action="store_true", help="apply no bot and wait for no fill")
    verbs.add_parser("status", help="show what is there")
    verbs.add_parser("down", help="remove the cluster, and stop a docker engine that `up` started")
    verbs.add_parser("clean-all", help="remove cluster, images, caches, and stop our docker engine")
    for verb in verbs.choices.values():
        verb.add_argument("--since", type=float, help="when the command was given (epoch seconds)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
