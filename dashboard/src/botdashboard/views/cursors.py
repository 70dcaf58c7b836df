"""Where a page of a log ends, as an address or a program carries it."""

from datetime import UTC, datetime, timedelta

from botcore.ledger.report_rows import FillCursor

__all__ = ["fill_cursor", "fill_cursor_text", "instant", "instant_text", "row_number"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def row_number(text: str) -> int:
    """Read the number of a row, such as a line of the audit log.

    Raises:
        ValueError: it is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValueError(text)
    return int(text)


def instant_text(at: datetime) -> str:
    """Write an instant as microseconds since 1970."""
    return str((at - _EPOCH) // _MICROSECOND)


def instant(text: str) -> datetime:
    """Read an instant.

    Raises:
        ValueError: it is none.
    """
    try:
        return _EPOCH + int(text) * _MICROSECOND
    except OverflowError as error:
        raise ValueError(text) from error


def fill_cursor_text(cursor: FillCursor) -> str:
    """Write where a page ends."""
    return f"{instant_text(cursor.venue_time)}.{cursor.symbol}.{cursor.trade_id}"


def fill_cursor(text: str) -> FillCursor:
    """Read where a page ends.

    Raises:
        ValueError: it is no such place.
    """
    micros, symbol, trade_id = text.split(".")
    number = int(trade_id)
    if not symbol.isascii() or not symbol.isalnum() or not 0 <= number < 2**63:
        raise ValueError(text)
    return FillCursor(venue_time=instant(micros), symbol=symbol, trade_id=number)
