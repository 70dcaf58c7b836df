"""Puts the parts of one venue together."""

from collections.abc import Callable
from dataclasses import dataclass

from botcore.runtime.clock import Clock
from botrunner.adapters.binance_calls import VenueCalls
from botrunner.adapters.binance_client import Endpoints, ExchangeKey, client_factory
from botrunner.adapters.binance_rest import BinanceExchange
from botrunner.adapters.binance_streams import MarketStream, UserStream
from botrunner.adapters.lockstep import FrameCounter, IdleReporter
from botrunner.adapters.rate_limits import RateLimits
from botrunner.adapters.stream_supervisor import Receiver
from botrunner.adapters.timing import Observe, nobody
from botrunner.adapters.venue_clock import VenueClock

__all__ = ["BinanceVenue", "binance_venue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceVenue:
    """One venue as one bot uses it. Start with `exchange.open()`; run `exchange.keep_time()` and both streams."""

    exchange: BinanceExchange
    market: MarketStream
    user: UserStream
    limits: RateLimits


def binance_venue(
    endpoints: Endpoints,
    key: ExchangeKey,
    clock: Clock,
    *,
    may_send: Callable[[], bool],
    observe: Observe = nobody,
) -> BinanceVenue:
    """Build the adapters of one venue; needs a running loop, contacts nobody yet.

    `may_send` is asked after an order was signed and before it leaves (I1); `observe` hears how long
    orders and cancels take.
    """
    venue_clock = VenueClock(clock, in_lockstep=endpoints.participant is not None)
    limits = RateLimits(clock)
    make_client = client_factory(
        endpoints,
        key,
        clock=clock,
        venue_clock=venue_clock,
        limits=limits,
        may_send=may_send,
    )
    client = make_client()
    client.observe = observe
    calls = VenueCalls(client=client, venue_clock=venue_clock, limits=limits)
    idle = IdleReporter(FrameCounter(), calls.post_idle) if endpoints.participant else None
    receiver = Receiver(venue_clock=venue_clock, idle=idle)
    return BinanceVenue(
        exchange=BinanceExchange(
            client=client, calls=calls, venue_clock=venue_clock, limits=limits, idle=idle
        ),
        market=MarketStream(endpoints=endpoints, clock=clock, receiver=receiver),
        user=UserStream(
            make_client=make_client, resync=calls.resync, clock=clock, receiver=receiver
        ),
        limits=limits,
    )
