"""The example bot: applied, and watched until it has traded."""

import time

from hack.cluster.context import Context
from hack.cluster.paths import ROOT
from hack.cluster.release import NAMESPACE, STATE_OF_PODS, explain
from hack.report import StepFailed

__all__ = ["BOTS", "EXAMPLE", "first_admin_link", "trade"]

EXAMPLE = ROOT / "examples" / "paper-bot.yaml"
BOTS = "kbots-bots"
_NEWEST = (
    "select to_char(venue_time at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS')"
    " || ' ' || side || ' ' || trim_scale(quantity) || ' ' || symbol || ' at ' || trim_scale(price)"
    " || ' (' || strategy || '), venue time'"
    " from kbots.fills order by created_at desc, trade_id desc limit 1"
)
_COUNT = "select count(*) from kbots.fills"
_FIRST_SECONDS = 90
_NEXT_SECONDS = 15


def trade(context: Context) -> None:
    """Apply the example, wait for a fill and print the newest one.

    Raises:
        StepFailed: the bot was refused, or traded nothing in time.
    """
    before = int(_query(context, _COUNT))
    with context.report.step(f"apply {EXAMPLE.name}"):
        context.commands.need(
            *context.kubectl("apply", "--filename", str(EXAMPLE)), fix="correct the manifest"
        )
    with context.report.step("first fill" if before == 0 else "newest fill"):
        seconds = _FIRST_SECONDS if before == 0 else _NEXT_SECONDS
        if not _wait_for_fill(context, before, seconds) and before == 0:
            raise StepFailed(
                f"{EXAMPLE.stem} traded nothing within {seconds} s",
                fix="the log's last lines are the operator's and the bot's; make up goes on from here",
                log=explain(
                    context,
                    "first-fill",
                    *STATE_OF_PODS,
                    ("-n", BOTS, "describe", "tb", EXAMPLE.stem),
                    ("-n", NAMESPACE, "logs", "deploy/kbots-operator", "--tail", "6"),
                    ("-n", BOTS, "logs", f"tb-{EXAMPLE.stem}", "--tail", "6"),
                ),
            )
    context.report.say(f"\n  {_query(context, _NEWEST)}")


def first_admin_link(context: Context) -> str:
    """Return the one-time link of the first admin, or the dashboard's words why there is none."""
    return context.commands.need(
        *context.kubectl(
            "--namespace", "kbots-web", "exec", "deploy/kbots-dashboard", "--", "kbots-dashboard", "setup-link"
        ),
        fix="make status shows whether the dashboard runs",
    )  # fmt: skip


def _wait_for_fill(context: Context, before: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if int(_query(context, _COUNT)) > before:
            return True
        time.sleep(0.3)
    return False


def _query(context: Context, text: str) -> str:
    """Run a query in the database's own pod, over its socket."""
    return context.commands.need(
        *context.kubectl("--namespace", NAMESPACE, "exec", "statefulset/kbots-postgres", "--"),
        "psql", "--username", "postgres", "--dbname", "kbots", "--no-align", "--tuples-only",
        "--command", text,
        fix="make status shows whether Postgres runs",
    )  # fmt: skip
