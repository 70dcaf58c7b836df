"""Start the exchange in one of its roles."""

import asyncio
import sys

from botcore.domain.errors import PlatformError
from botcore.runtime.logs import configure_logging
from botexchange.settings import parse_settings
from botexchange.wiring.paper import run_paper

__all__ = ["main"]


def main() -> int:
    """Run the exchange; give the exit code: 2 for wrong settings, 1 for a broken invariant."""
    try:
        settings = parse_settings(sys.argv[1:])
        configure_logging("exchange")
        return asyncio.run(run_paper(settings))
    except PlatformError as error:
        sys.stderr.write(f"kbots-exchange: {error}\n")
        return 2
