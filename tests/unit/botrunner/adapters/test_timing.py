"""What took how long is told with how it ended, or not at all if nothing was sent."""

import asyncio

import pytest

from botrunner.adapters.binance_client import FencedBeforeSend, _ending
from botrunner.adapters.binance_errors import VenueRefusal
from botrunner.adapters.timing import Observe, timed, timing


class Journal:
    def __init__(self, observe: Observe) -> None:
        self.observe = observe

    @timed("intent")
    async def write(self, answer: int, *, fails: Exception | None = None) -> int:
        await asyncio.sleep(0.02)
        if fails is not None:
            raise fails
        return answer


async def test_time_of_a_method_is_told_with_its_ending() -> None:
    told: list[tuple[str, str, float]] = []
    journal = Journal(lambda *one: told.append(one))

    assert await journal.write(7) == 7
    with pytest.raises(OSError, match="gone"):
        await journal.write(7, fails=OSError("gone"))

    assert [one[:2] for one in told] == [("intent", "Done"), ("intent", "Failed")]
    assert all(0.02 <= seconds < 1 for _, _, seconds in told)


async def test_cancelled_call_tells_nothing() -> None:
    told: list[str] = []
    call = asyncio.create_task(Journal(lambda what, *_: told.append(what)).write(1))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    assert told == []


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (VenueRefusal(status=400, code=-2010, message="no", retry_after=None), "Refused"),
        (VenueRefusal(status=503, code=0, message="?", retry_after=None), "Unknown"),
        (VenueRefusal(status=429, code=-1003, message="slow", retry_after=1.0), "Limited"),
        (TimeoutError(), "Unknown"),
        (FencedBeforeSend(), None),
    ],
)
async def test_order_ends_as_its_error_means(error: Exception, ending: str | None) -> None:
    told: list[str] = []

    async def send() -> None:
        with timing(lambda _what, how, _seconds: told.append(how), "place", _ending):
            raise error

    with pytest.raises(type(error)):
        await send()

    assert told == ([] if ending is None else [ending])
