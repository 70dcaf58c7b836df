"""How upstream is asked: not too often, nothing twice, no answer kept too long."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web

from botcore.domain.errors import Transient
from botcore.matching.refusals import VenueError
from botcore.runtime.clock import SystemClock
from botexchange.relay.rules import Rules
from botexchange.relay.shared import MOST_BYTES, SharedAnswers
from botexchange.upstream.rest import Answer, UpstreamRest
from botexchange.upstream.venue_time import VenueTime


class Clock:
    def __init__(self):
        self.seconds = 6_000.0

    def boottime(self):
        return self.seconds

    def now(self):
        return datetime.fromtimestamp(self.seconds, UTC)


async def test_long_questions_are_not_kept_without_bound():
    shared = SharedAnswers(SimpleNamespace(boottime=lambda: 1.0), 60)

    async def ask():
        return Answer(b"x", None)

    for number in range(2_000):
        await shared.get(f"{number}" + "x" * 60_000, 1, ask)

    kept = sum(len(key) for key in shared._kept)  # no other way to weigh it
    assert kept <= MOST_BYTES


async def test_clock_that_is_set_anew_moves_no_venue_time():
    clock = Clock()
    wall = [clock.now()]
    asked = SimpleNamespace(boottime=clock.boottime, now=lambda: wall[0])

    async def get(_path):
        return Answer(b"", {"serverTime": 9_000_000})

    time = VenueTime(SimpleNamespace(get=get), asked)
    await time.measure()
    wall[0] = datetime.fromtimestamp(clock.seconds + 3_600, UTC)
    clock.seconds += 2

    assert time.now_ms() == 9_002_000


async def test_upstream_that_only_fails_is_asked_ever_less():
    asked = []

    async def fail(request):
        asked.append(request.path)
        return web.Response(status=403, text="<html>no</html>")

    application = web.Application()
    application.add_routes([web.get("/{tail:.*}", fail)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        rest = UpstreamRest(session, f"http://127.0.0.1:{runner.addresses[0][1]}", SystemClock())
        for _ in range(100):
            with pytest.raises(Transient):
                await rest.get("/api/v3/time")
    await runner.cleanup()

    assert len(asked) < 10


async def test_weight_of_concurrent_answers_is_counted_once():
    used = 0

    async def answer(_request):
        nonlocal used
        used += 40
        headers = {"X-MBX-USED-WEIGHT-1M": str(used)}
        await asyncio.sleep(0.05)
        return web.json_response({}, headers=headers)

    application = web.Application()
    application.add_routes([web.get("/{tail:.*}", answer)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        rest = UpstreamRest(session, f"http://127.0.0.1:{runner.addresses[0][1]}", Clock())
        found = await asyncio.gather(*(rest.get("/api/v3/ticker/24hr") for _ in range(20)))
    await runner.cleanup()

    assert sum(answer.weight for answer in found) == used


async def test_refusal_is_not_kept_as_long_as_an_answer():
    clock = Clock()
    shared, asked = SharedAnswers(clock, 60), []

    async def ask():
        asked.append(1)
        if len(asked) == 1:
            raise VenueError(-1121, "Invalid symbol.")
        return Answer(b"listed", None)

    with pytest.raises(VenueError):
        await shared.get("exchangeInfo", 3_600, ask)
    clock.seconds += 10

    assert (await shared.get("exchangeInfo", 3_600, ask)).body == b"listed"


async def test_short_pause_does_not_end_a_long_ban():
    replies = [(418, "3600"), (429, "1")]

    async def answer(request):
        status, after = replies[int(request.query["n"])]
        await asyncio.sleep(0.1 * int(request.query["n"]))
        return web.Response(status=status, headers={"Retry-After": after})

    application = web.Application()
    application.add_routes([web.get("/{tail:.*}", answer)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    clock = Clock()
    async with aiohttp.ClientSession() as session:
        rest = UpstreamRest(session, f"http://127.0.0.1:{runner.addresses[0][1]}", clock)
        found = await asyncio.gather(
            *(rest.get("/x", {"n": n}) for n in "01"), return_exceptions=True
        )
        clock.seconds += 100
        with pytest.raises(Transient) as refused:
            await rest.get("/x", {"n": "0"})
    await runner.cleanup()

    assert [error.after_seconds for error in found] == [3_600, 1]
    assert refused.value.after_seconds == 3_500


async def test_senseless_rules_do_not_wipe_the_known_ones():
    answers = [[{"symbol": "BTCUSDT", "n": 1}], [5]]

    async def get(_path):
        return Answer(b"", {"symbols": answers.pop(0)})

    rules = Rules(SimpleNamespace(get=get), Clock())
    await rules.read()

    with pytest.raises(Transient):
        await rules.read()

    assert b"".join(rules.answer(["BTCUSDT"], 5)) == (
        b'{"serverTime":5,"symbols":[{"symbol":"BTCUSDT","n":1}]}'
    )
