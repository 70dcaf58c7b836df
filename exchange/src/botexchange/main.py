"""Start the exchange in one of its roles."""

import asyncio
import sys

import uvloop

from botcore.domain.errors import PlatformError
from botcore.runtime.logs import configure_logging
from botexchange.settings import RelaySettings, parse_settings
from botexchange.wiring.paper import run_paper
from botexchange.wiring.relay import run_relay

__all__ = ["main"]


def main() -> int:
    """Run the exchange; give the exit code: 2 for wrong settings, 1 for a broken invariant."""
    try:
        settings = parse_settings(sys.argv[1:])
        configure_logging("exchange")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            if isinstance(settings, RelaySettings):
                return runner.run(run_relay(settings))
            return runner.run(run_paper(settings))
    except PlatformError as error:
        sys.stderr.write(f"kbots-exchange: {error}\n")
        return 2
