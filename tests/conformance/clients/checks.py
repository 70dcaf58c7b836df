"""Named checks of a client, told to the harness one by one; needs nothing but the standard library."""

import asyncio
import contextlib
import json
import sys
import traceback

__all__ = ["MARK", "Checks", "setup"]

MARK = "@check "
_SHOWN = 600


def setup():
    """Read what the harness says: addresses and accounts."""
    return json.load(sys.stdin)


class Checks:
    """Each check passes or fails alone; the line of each goes out at once."""

    def tell(self, name, why=""):
        """Say how one check ended; no reason means that it passed."""
        print(MARK + json.dumps({"name": name, "why": why[:_SHOWN]}), flush=True)

    @contextlib.contextmanager
    def now(self, name):
        """Hold the statements of a check that waits for nothing."""
        try:
            yield
        except Exception as error:
            self.tell(name, _reason(error))
        else:
            self.tell(name)

    @contextlib.asynccontextmanager
    async def __call__(self, name, seconds=20):
        """Hold the statements of a check that waits, at most this long."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except Exception as error:
            self.tell(name, _reason(error))
        else:
            self.tell(name)

    @contextlib.contextmanager
    def raises(self, kind, *texts):
        """Want an error of this kind whose text holds these parts."""
        try:
            yield
        except kind as error:
            if missing := [text for text in texts if text not in str(error)]:
                raise AssertionError(f"{missing} not in: {error}") from error
        else:
            raise AssertionError(f"no {getattr(kind, '__name__', kind)}")


def _reason(error):
    place = traceback.extract_tb(error.__traceback__)
    mine = [
        frame
        for frame in place
        if "/clients/" in frame.filename and "checks.py" not in frame.filename
    ]
    line = f" (line {mine[-1].lineno}: {mine[-1].line})" if mine else ""
    return f"{type(error).__name__}: {error}{line}"
