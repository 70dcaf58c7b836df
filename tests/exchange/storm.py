"""Orders as fast as some senders can, and what must be true of them afterwards."""

import asyncio
from collections import Counter
from decimal import Decimal

from binance.exceptions import BinanceAPIException

SENDERS = 8
TOO_MANY_ORDERS = -1015
START = {"USDT": Decimal(1_000_000), "BTC": Decimal(10)}


class Storm:
    """Senders on one account, each waiting for its answer; `answered` is what the exchange owes."""

    def __init__(self, client, name):
        self.client = client
        self.name = name
        self.answered = []
        self._tasks = [asyncio.create_task(self._send(number)) for number in range(SENDERS)]

    @classmethod
    async def begin(cls, server, name):
        """Open an account and start to send."""
        account = server.account(name, **{asset: str(amount) for asset, amount in START.items()})
        return cls(await server.client(account), name)

    async def answers(self, count):
        """Wait until this many orders are answered."""
        while len(self.answered) < count:
            await asyncio.wait(self._tasks, timeout=0.01)
            for task in self._tasks:
                if task.done():
                    task.result()  # nobody failed it yet

    async def end(self):
        """Wait until every sender has failed."""
        failures = await asyncio.gather(*self._tasks, return_exceptions=True)
        assert all(isinstance(failure, Exception) for failure in failures)
        await self.client.close_connection()

    def check(self, server):
        """Hold what the exchange has against what it answered; no asset may have come or gone."""
        truth = server.admin("GET", f"orders?name={self.name}")
        kept = {order["orderId"]: order["executedQty"] for order in truth["orders"]}
        assert set(self.answered) <= set(kept.items())
        assert len(kept) <= len(self.answered) + SENDERS, "one unanswered order per sender at most"
        traded = Counter()
        for trade in truth["trades"]:
            traded[trade["orderId"]] += Decimal(trade["qty"])
        assert traded == {number: Decimal(executed) for number, executed in kept.items()}
        shown = server.admin("GET", f"accounts/{self.name}")["balances"]
        owned = {
            asset: Decimal(one["free"]) + Decimal(one["locked"]) for asset, one in shown.items()
        }
        assert owned == balances_after(truth["trades"])

    async def _send(self, number):
        for index in range(100_000):
            try:
                placed = await self.client.create_order(
                    symbol="BTCUSDT",
                    side="BUY" if index % 2 else "SELL",
                    type="MARKET",
                    quantity="0.001",
                    newClientOrderId=f"{number}-{index}",
                )
            except BinanceAPIException as refusal:
                if refusal.code != TOO_MANY_ORDERS:
                    raise
                await asyncio.sleep(0.2)
                continue
            self.answered.append((placed["orderId"], placed["executedQty"]))


def balances_after(trades):
    """Add up what trades leave of the start."""
    balances = dict(START)
    for trade in trades:
        sign = 1 if trade["isBuyer"] else -1
        balances["BTC"] += sign * Decimal(trade["qty"])
        balances["USDT"] -= sign * Decimal(trade["quoteQty"])
        balances[trade["commissionAsset"]] -= Decimal(trade["commission"])
    return balances
