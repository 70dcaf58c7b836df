"""The table of commands that run beside the pod's own `run` and `verify-key`."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from botrunner.commands import backtest, replay

__all__ = ["TOOLS", "Tool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One command: how it is told what to do, and what runs it to an exit code.

    `run` raises PlatformError for what the caller must know.
    """

    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


TOOLS: Final = {
    "backtest": Tool(
        summary="trade a bot over candles of the past",
        add_arguments=backtest.add_arguments,
        run=backtest.run,
    ),
    "replay": Tool(
        summary="decide again what a bot decided, from its recorded inbox",
        add_arguments=replay.add_arguments,
        run=replay.run,
    ),
}
