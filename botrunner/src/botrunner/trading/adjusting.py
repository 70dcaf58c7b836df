"""What a confirmed difference between ledger and account leads to (TR-20); values in, findings out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from botcore.domain.account_book import Adjustment, AdjustmentKind
from botcore.domain.lots import write_off
from botcore.domain.money import ZERO, wire
from botrunner.trading.agreement import BEARABLE, EXACT, Amounts, Difference, uncovered
from botrunner.trading.events import Problem, WriteOff
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState

__all__ = ["Evidence", "Verdict", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the user stream told of others' doings, by asset.

    `is_whole`: it was listened to without a gap, so that what it did not tell is unexplained.
    """

    transfers: Amounts
    trades: Amounts
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a confirmed comparison leads to: rows to write, lots to write off, problems by asset."""

    adjustments: tuple[Adjustment, ...] = ()
    write_offs: tuple[WriteOff, ...] = ()
    problems: Mapping[str, Problem] = field(default_factory=dict)


def judge(
    found: Iterable[Difference],
    evidence: Evidence,
    state: BotState,
    rules: Rules,
    *,
    venue_time: datetime,
) -> Verdict:
    """Decide what confirmed differences lead to.

    What others did becomes adjustment rows. What nobody told, although the stream was listened to
    throughout, becomes one up to 2 % and a problem beyond (TR-20). Lots that are not covered are
    written off up to 2 %, with their cost as a loss, and are a problem beyond: never silently.
    """
    differing = tuple(found)
    unknown = tuple(one for one in differing if _is_inexplicable(one, evidence))
    adjusted = tuple(one for one in differing if one not in unknown)
    uncovered_lots = {one.asset: problem for one in differing if (problem := uncovered(one))}
    bearable = tuple(
        one for one in adjusted if one.short > EXACT and one.asset not in uncovered_lots
    )
    write_offs = tuple(w for one in bearable for w in _write_offs(one, state, rules))
    losses = {one.asset: _loss(_write_offs(one, state, rules), state) for one in bearable}
    rows = tuple(
        row for one in adjusted for row in _rows(one, evidence, differing, venue_time=venue_time)
    )
    return Verdict(
        adjustments=_with_losses(rows, bearable, losses, venue_time),
        write_offs=write_offs,
        problems={one.asset: _unexplained(one) for one in unknown} | uncovered_lots,
    )


def _is_inexplicable(one: Difference, evidence: Evidence) -> bool:
    rest = abs(_rest(one, evidence))
    return evidence.is_whole and rest > max(one.expected * BEARABLE, EXACT)


def _rest(one: Difference, evidence: Evidence) -> Decimal:
    told = evidence.transfers.get(one.asset, ZERO) + evidence.trades.get(one.asset, ZERO)
    return one.amount - told


def _rows(
    one: Difference,
    evidence: Evidence,
    differing: tuple[Difference, ...],
    *,
    venue_time: datetime,
) -> tuple[Adjustment, ...]:
    transfer = evidence.transfers.get(one.asset, ZERO)
    parts = (
        (transfer, _direction(transfer)),
        (evidence.trades.get(one.asset, ZERO), AdjustmentKind.MANUAL_TRADE),
        (_rest(one, evidence), _guess(one, evidence, differing)),
    )
    rows: list[Adjustment] = []
    before = one.expected
    for amount, kind in parts:
        if abs(amount) > EXACT:
            rows.append(
                Adjustment(
                    asset=one.asset,
                    amount=amount,
                    kind=kind,
                    before=before,
                    after=before + amount,
                    venue_time=venue_time,
                )
            )
            before += amount
    return tuple(rows)


def _direction(amount: Decimal) -> AdjustmentKind:
    return AdjustmentKind.DEPOSIT if amount > ZERO else AdjustmentKind.WITHDRAWAL


def _guess(
    one: Difference, evidence: Evidence, differing: tuple[Difference, ...]
) -> AdjustmentKind:
    """Name what was done while nobody listened: one asset for another is a trade or a conversion."""
    if evidence.is_whole:
        return AdjustmentKind.UNKNOWN
    rests = [_rest(other, evidence) for other in differing]
    if any(rest > EXACT for rest in rests) and any(rest < -EXACT for rest in rests):
        return AdjustmentKind.MANUAL_TRADE
    return _direction(_rest(one, evidence))


def _write_offs(one: Difference, state: BotState, rules: Rules) -> tuple[WriteOff, ...]:
    """Take what is missing from the sub-books in that asset, in a stable order."""
    left, found = one.short, []
    for key in sorted(state.sub_books):
        instrument = rules.instruments.get(key[1])
        if instrument is None or instrument.base_asset != one.asset:
            continue
        taken = min(left, state.sub_books[key].quantity)
        if taken > ZERO:
            found.append(WriteOff(strategy=key[0], symbol=key[1], quantity=taken))
            left -= taken
    return tuple(found)


def _loss(write_offs: tuple[WriteOff, ...], state: BotState) -> Decimal:
    bookings = (write_off(state.sub_book((w.strategy, w.symbol)), w.quantity) for w in write_offs)
    return sum((booking.realized_quote or ZERO for booking in bookings), ZERO)


def _with_losses(
    rows: tuple[Adjustment, ...],
    bearable: tuple[Difference, ...],
    losses: Amounts,
    venue_time: datetime,
) -> tuple[Adjustment, ...]:
    """Put each asset's loss on its last row; lots that were never covered get a row of their own."""
    last = {row.asset: row for row in rows}
    short = {one.asset: one.short for one in bearable}
    written = [
        replace(row, lots=short[row.asset], realized_quote=losses[row.asset])
        if row is last[row.asset] and row.asset in losses
        else row
        for row in rows
    ]
    written += [
        Adjustment(
            asset=one.asset,
            amount=ZERO,
            kind=AdjustmentKind.UNKNOWN,
            before=one.held,
            after=one.held,
            venue_time=venue_time,
            lots=one.short,
            realized_quote=losses[one.asset],
        )
        for one in bearable
        if one.asset not in last
    ]
    return tuple(written)


def _unexplained(one: Difference) -> Problem:
    message = (
        f"{one.asset}: the account holds {wire(one.held)}, the ledger says {wire(one.expected)}"
    )
    return Problem(reason="BooksDisagree", message=message)
