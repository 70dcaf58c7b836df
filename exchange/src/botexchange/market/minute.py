"""The trades of one synthetic minute: one a second, whose sums are known without listing them.

The first trade is the open, the last one the close. The others come in pairs of equal volume
and side, as far above the middle of the minute's range as below it; one pair is high and low.
So a pair trades at the middle, and the minute's quote volume follows from a few numbers.
Prices are ticks, volumes lots.
"""

from typing import NamedTuple

from botexchange.market.tree import Node

__all__ = ["TRADES", "MinuteTrade", "minute_quotes", "minute_trades"]

TRADES = 60
PAIRS = TRADES // 2 - 1
FULL = 65_536


class MinuteTrade(NamedTuple):
    """One trade: price in ticks, quantity in lots."""

    price: int
    quantity: int
    is_buyer_maker: bool


def minute_quotes(node: Node) -> tuple[int, int]:
    """Give quote volume of all trades and of those in which the buyer took, in tick x lot."""
    bought, sold = _singles(node)
    opens, closes = (node.open, node.close) if _buys_first(node) else (node.close, node.open)
    middle = node.high + node.low
    taker = opens * bought + middle * ((node.taker - bought) // 2)
    made = node.volume - node.taker
    return taker + closes * sold + middle * ((made - sold) // 2), taker


def minute_trades(node: Node, numbers: tuple[int, ...]) -> list[MinuteTrade]:
    """List the trades, one a second."""
    bought, sold = _singles(node)
    is_buy_first = _buys_first(node)
    volumes, makers = _pair_volumes(node, numbers)
    first, second = (node.high, node.low) if numbers[31] & 2 else (node.low, node.high)
    middle = node.high + node.low
    head, tail = [], []
    for index in range(PAIRS):
        noise = (middle - 2 * first) * (numbers[index] % 256 - 128) // 512 if index else 0
        price = first + (second - first) * index // (TRADES - 3) + noise
        price = min(max(price, node.low), node.high)
        head.append(MinuteTrade(price, volumes[index], makers[index]))
        tail.append(MinuteTrade(middle - price, volumes[index], makers[index]))
    return [
        MinuteTrade(node.open, bought if is_buy_first else sold, not is_buy_first),
        *head,
        *reversed(tail),
        MinuteTrade(node.close, sold if is_buy_first else bought, is_buy_first),
    ]


def _buys_first(node: Node) -> bool:
    return (node.volume ^ node.taker) & 2 == 2


def _singles(node: Node) -> tuple[int, int]:
    """Give the volume of the lone buy and the lone sell; what they leave is even."""
    size = max(node.volume // TRADES // 2, 1)
    made = node.volume - node.taker
    return size + (node.taker - size) % 2, size + (made - size) % 2


def _pair_volumes(node: Node, numbers: tuple[int, ...]) -> tuple[list[int], list[bool]]:
    """Share what is left among the pairs, at least one lot each; some buy, some sell."""
    bought, sold = _singles(node)
    makers = [False, True, *(number >> 8 & 1 == 1 for number in numbers[2:PAIRS])]
    volumes = [1] * PAIRS
    for is_maker, left in ((False, node.taker - bought), (True, node.volume - node.taker - sold)):
        members = [index for index in range(PAIRS) if makers[index] is is_maker]
        weights = [64 + numbers[index] // 512 for index in members]
        whole, rest = sum(weights), left // 2 - len(members)
        for index, weight in zip(members, weights, strict=True):
            volumes[index] += rest * weight // whole
        volumes[members[0]] += left // 2 - sum(volumes[index] for index in members)
    return volumes, makers
