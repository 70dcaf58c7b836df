"""The trading process of one bot."""

import sys

# structlog loads rich for a console that nobody sees here, if some tool has brought it along: 3 MB of a runner's 80.
if "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]  # importing it fails, as where it is not installed
    import structlog.dev

    del sys.modules["rich"], structlog
