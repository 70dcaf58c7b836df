"""Puts the parts of one venue together."""

from collections.abc import Callable
from dataclasses import dataclass

from botcore.runtime.clock import Clock
from botrunner.adapters.binance_calls import VenueCalls
from botrunner.adapters.binance_client import Endpoints, ExchangeKey, client_factory
from botrunner.adapters.binance_rest import BinanceExchange
from botrunner.adapters.client_slot import ClientSlot
from botrunner.adapters.key_rotation import KeyRotation
from botrunner.adapters.lockstep import FrameCounter, IdleReporter
from botrunner.adapters.market_stream import MarketStream
from botrunner.adapters.rate_limits import RateLimits
from botrunner.adapters.relay_candles import RelayCandles
from botrunner.adapters.stream_health import StreamHealth
from botrunner.adapters.stream_supervisor import Receiver
from botrunner.adapters.timing import Observe, nobody
from botrunner.adapters.user_stream import UserStream
from botrunner.adapters.venue_clock import VenueClock

__all__ = ["BinanceVenue", "binance_venue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceVenue:
    """One venue as one bot uses it. Start with `exchange.open()`; run `exchange.keep_time()` and both streams."""

    exchange: BinanceExchange
    market: MarketStream
    user: UserStream
    keys: KeyRotation
    limits: RateLimits
    health: StreamHealth


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
    is_lockstep = endpoints.participant is not None
    venue_clock = VenueClock(clock, in_lockstep=is_lockstep)
    limits, health = RateLimits(clock), StreamHealth(clock, may_pause=is_lockstep)
    make_client = client_factory(
        endpoints,
        venue_clock=venue_clock,
        limits=limits,
        may_send=may_send,
        observe=observe,
    )
    slot = ClientSlot(make_client, key)
    calls = VenueCalls(slot=slot, venue_clock=venue_clock, limits=limits)
    idle = IdleReporter(FrameCounter(), calls.post_idle) if is_lockstep else None
    relay = RelayCandles(endpoints.relay.rest_url, health, clock) if endpoints.relay else None
    exchange = BinanceExchange(
        slot=slot, calls=calls, venue_clock=venue_clock, limits=limits, relay=relay, idle=idle
    )
    receiver = Receiver(venue_clock=venue_clock, idle=idle)
    user = UserStream(
        slot=slot,
        calls=calls,
        clock=clock,
        receiver=receiver,
        health=health,
        balances=exchange.told,
    )
    keys = KeyRotation(slot, user.reconnect)
    calls.renew_key = keys.renew
    market = MarketStream(endpoints=endpoints, clock=clock, receiver=receiver, health=health)
    return BinanceVenue(
        exchange=exchange, market=market, user=user, keys=keys, limits=limits, health=health
    )
