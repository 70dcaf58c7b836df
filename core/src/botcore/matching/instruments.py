"""What can be traded and by which rules (symbol filters)."""

from dataclasses import dataclass

from botcore.matching.numbers import SCALE

__all__ = ["ExchangeRules", "Instrument"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One symbol; every number is in 1e-8 units unless it is a count.

    A bound of 0 switches its rule off (Binance: filters).
    """

    symbol: str
    base: str
    quote: str
    tick: int
    step: int
    max_price: int
    max_quantity: int
    market_max_quantity: int
    min_notional: int
    max_notional: int
    depth: int
    """Quote amount that stands on the best level of the ladder."""
    reference: int
    """Price the synthetic market swings around."""
    min_price: int | None = None
    """One tick by default."""
    min_quantity: int | None = None
    """One step by default."""
    market_min_quantity: int = 0
    market_step: int = 0
    apply_min_to_market: bool = True
    apply_max_to_market: bool = False
    bid_multiplier_up: int = 5 * SCALE
    bid_multiplier_down: int = SCALE // 5
    ask_multiplier_up: int = 5 * SCALE
    ask_multiplier_down: int = SCALE // 5
    average_minutes: int = 5
    iceberg_parts: int = 100
    max_orders: int = 200
    max_algo_orders: int = 5
    max_iceberg_orders: int = 20
    max_order_lists: int = 20
    max_amendments: int = 10
    max_position: int = 0
    trailing_above: tuple[int, int] = (10, 2_000)
    """Least and most trailing delta (bips) of stops that trigger above the market."""
    trailing_below: tuple[int, int] = (10, 2_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRules:
    """Filters over all symbols of an account, as counts; 0 switches one off."""

    max_orders: int = 1_000
    max_algo_orders: int = 200
    max_iceberg_orders: int = 10_000
    max_order_lists: int = 200
    max_asset: tuple[tuple[str, int], ...] = ()
    """Most of an asset in one order (1e-8 units), shown in myFilters alone."""
