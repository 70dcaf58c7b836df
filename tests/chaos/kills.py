"""kill -9 of real runners at seeded moments, under everything that exchange and Postgres can do to them."""

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.pods import Pod
from tests.chaos.yard import Bot, Yard
from tests.e2e.agreement import assert_books_agree, assert_no_order_is_doubled, wait_for_rest
from tests.support.waiting import wait_until

__all__ = ["Killing", "Tally"]

_ORDER = "/api/v3/order"
_FAULTS = (
    {"kind": "answerLost", "path": _ORDER, "count": 2},
    {"kind": "answerLost", "path": "*", "count": 2},
    {"kind": "timeout1007", "path": _ORDER, "count": 2},
    {"kind": "error5xx", "path": _ORDER, "count": 2},
    {"kind": "error5xx", "path": "*", "count": 3},
    {"kind": "tooManyRequests", "path": _ORDER, "count": 1, "retryAfter": 1},
    {"kind": "waf403", "path": "*", "count": 1},
    {"kind": "delay", "path": _ORDER, "count": 2, "ms": 700},
    {"kind": "delay", "path": _ORDER, "count": 1, "ms": 2500},
    {"kind": "eventFirst", "path": _ORDER, "count": 3, "ms": 400},
    {"kind": "eventLate", "path": _ORDER, "count": 3, "ms": 1500},
    {"kind": "notFound", "path": _ORDER, "count": 5, "ms": 3000},
    {"kind": "duplicate", "path": "*", "count": 20},
    {"kind": "reorder", "path": "*", "count": 20},
    {"kind": "drop", "target": "both"},
    {"kind": "drop", "target": "wsApi"},
    {"kind": "reconnectStorm", "ms": 200, "count": 4},
    {"kind": "serverShutdown", "ms": 300},
    {"kind": "clockSkew", "ms": 20_000},
    {"kind": "clockSkew", "ms": -20_000},
    {"kind": "clockSkew", "ms": 0},
)
_FREEZE_SECONDS = 35.0
"""Longer than a lease lasts."""
_WITHOUT_RELAY = (5.0, 40.0)
"""Seconds a relay is away: bots leave it after ten."""
_BETWEEN = (0.05, 1.2)
"""Seconds between two kills."""


@dataclass
class Tally:
    """What was done, and what it did."""

    kills: int = 0
    done: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unleased: list[str] = field(default_factory=list)


@dataclass
class Killing:
    """One run: some bots on accounts of their own, one of them with two pods."""

    yard: Yard
    seed: int
    wanted: int
    freezes: int = 1
    restarts: int = 1
    relay_losses: int = 1
    without_relay: tuple[float, float] = _WITHOUT_RELAY
    tell: Callable[[str], None] = print
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.began = time.monotonic()
        self.thaw_at: dict[int, tuple[float, Pod]] = {}
        self.relay_back_at = 0.0

    def run(self) -> Tally:
        """Kill as often as wanted, then let everything settle and compare the books."""
        bots = [self.yard.add_bot("pair", pods=2), *map(self.yard.add_bot, ("one", "two", "three"))]
        pods = [pod for bot in bots for pod in bot.pods]
        for pod in pods:
            pod.start()
        wait_until(lambda: self._orders(bots), "first order", seconds=60)
        assert self.yard.relay.told("streams"), "nobody listens to the relay"
        while self.tally.kills < self.wanted:
            time.sleep(self.chance.uniform(*_BETWEEN))
            self._weather(bots)
            self._kill(self.chance.choice(pods))
        self._settle(bots)
        return self.tally

    def _kill(self, pod: Pod) -> None:
        if pod.is_frozen:
            return
        is_lost = self.chance.random() < 0.03  # its node is gone: another pod waits for the lease
        assert pod.kill(is_lost=is_lost), f"it ended by itself: {pod.runner.log()[-2000:]}"
        pod.start()
        self.tally.kills += 1
        self.tally.done["pod lost"] += is_lost
        if self.tally.kills % 10 == 0:
            bots = list(self.yard.bots.values())
            self._judge(bots)
            self._progress(bots)

    # What goes wrong besides.

    def _weather(self, bots: list[Bot]) -> None:
        now, kills = time.monotonic(), self.tally.kills
        for number, (due, pod) in list(self.thaw_at.items()):
            if now >= due:
                pod.thaw()
                del self.thaw_at[number]
        if self.tally.done["SIGSTOP"] < self.freezes * (kills + 1) / self.wanted:
            self._freeze(bots[0])
        if self.tally.done["postgres"] < self.restarts * kills / self.wanted:
            self.yard.restart_postgres(is_crash=self.chance.random() < 0.5)
            self.tally.done["postgres"] += 1
        self._relay_weather(now)
        if self.chance.random() < 0.1:
            self.yard.admin.shock(
                self.chance.choice(("BTCUSDT", "ETHUSDT")), self.chance.choice(("-2", "2"))
            )
        if self.chance.random() < 0.4:
            fault = self.chance.choice(_FAULTS)
            self.yard.admin.fault(**fault)
            self.tally.done[str(fault["kind"])] += 1

    def _freeze(self, bot: Bot) -> None:
        """Freeze whoever holds the lease of the account with two pods; the other takes over."""
        rows = self.yard.query(
            "select holder::text from kbots.leases where account_id = %s", (bot.login.account_id,)
        )
        holding = [pod for pod in bot.pods if rows and str(pod.runner.pod_uid) == rows[0][0]]
        if holding and not self.thaw_at and holding[0].is_alive:
            holding[0].freeze()
            self.tally.done["SIGSTOP"] += 1
            self.thaw_at[self.tally.kills] = (time.monotonic() + _FREEZE_SECONDS, holding[0])

    def _relay_weather(self, now: float) -> None:
        """Lose the relay now and then, and bring it back later."""
        relay, done = self.yard.relay, self.tally.done
        if relay.is_lost:
            if now >= self.relay_back_at:
                relay.restore()
        elif done["relay lost"] < self.relay_losses * (self.tally.kills + 1) / self.wanted:
            is_frozen = self.chance.random() < 0.5
            relay.lose(is_frozen=is_frozen)
            done["relay lost"] += 1
            done["relay frozen"] += is_frozen
            self.relay_back_at = now + self.chance.uniform(*self.without_relay)

    # What must be true.

    def _orders(self, bots: list[Bot]) -> int:
        return sum(len(self.yard.exchange_truth(bot.name).orders) for bot in bots)

    def _judge(self, bots: list[Bot]) -> None:
        """Judge every order so far: one per intent, each under a lease."""
        tally = Tally()
        for bot in bots:
            truth = self.yard.exchange_truth(bot.name)
            tally.orders += len(truth.orders)
            intents = dict(
                self.yard.query(
                    "select client_order_id, epoch from kbots.orders where book_id = %s",
                    (bot.login.book_id,),
                )
            )
            for client_id, count in Counter(truth.client_order_ids()).items():
                tally.doubled += [f"{bot.name}: {client_id}"] if count > 1 else []
                tally.lost += [] if client_id in intents else [f"{bot.name}: {client_id} unknown"]
            tally.unleased += self._unleased(bot, truth.orders, intents)
        found = tally.doubled + tally.lost + tally.unleased
        self.tally.orders = tally.orders
        self.tally.lost, self.tally.doubled = tally.lost, tally.doubled
        self.tally.unleased = tally.unleased
        assert not found, f"{found}"

    def _unleased(self, bot: Bot, orders: list, intents: dict[str, int]) -> list[str]:
        """Name orders that came after another pod's of a later epoch, or of an epoch nobody was given."""
        holders, latest, found = self.yard.holders(bot), 0, []
        for order in sorted(orders, key=lambda one: int(one["orderId"])):
            epoch = intents.get(order["clientOrderId"], 0)
            is_late = epoch < latest and holders.get(epoch) != holders.get(latest)
            if epoch not in holders or is_late:
                found.append(f"{bot.name}: {order['clientOrderId']} after epoch {latest}")
            latest = max(latest, epoch)
        return found

    def _settle(self, bots: list[Bot]) -> None:
        """Let everything rest; a relay that is lost stays so, since bots need none (I10)."""
        self.yard.clear_faults()
        for _, pod in self.thaw_at.values():
            pod.thaw()
        self.tell("settling: no faults any more, everything is sold")
        for bot in bots:
            for pod in bot.pods:
                pod.apply(desiredState="Flat")
        for bot in bots:
            wait_for_rest(self.yard, bot.name, seconds=120)  # type: ignore[arg-type]
        self._judge(bots)
        self.tally.done["left the relay"] = sum(
            pod.runner.log().count("the relay is stale") for bot in bots for pod in bot.pods
        )
        hands = [holder for _, holder in sorted(self.yard.holders(bots[0]).items())]
        self.tally.done["takeover"] = sum(a != b for a, b in itertools.pairwise(hands))
        for bot in bots:
            assert_no_order_is_doubled(self.yard, bot.name)  # type: ignore[arg-type]
            assert_books_agree(self.yard, bot.name)  # type: ignore[arg-type]
        for bot in bots:
            for pod in bot.pods:
                pod.stop()

    def _progress(self, bots: list[Bot]) -> None:
        faults = sum(self.tally.done.values())
        self.tell(
            f"kills {self.tally.kills}/{self.wanted}, {self.tally.orders} orders, {faults} faults,"
            f" {self.tally.done['postgres']} restarts of Postgres, {self.tally.done['SIGSTOP']} freezes,"
            f" {time.monotonic() - self.began:.0f} s"
        )
