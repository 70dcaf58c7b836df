"""Make the market the settings ask for, and choose where it starts."""

from botcore.candles.csv_file import read_series
from botcore.domain.errors import InvalidInput
from botexchange.market.replay import ReplaySource
from botexchange.market.script import read_script
from botexchange.market.scripted import ScriptedSource
from botexchange.market.source import MarketSource
from botexchange.market.synthetic import SyntheticSource
from botexchange.ports import Saved
from botexchange.settings import PaperSettings, SourceKind

__all__ = ["first_ms", "make_source"]


def make_source(settings: PaperSettings, saved: Saved | None) -> MarketSource:
    """Make the source of prices; what was saved says how it was shocked.

    Raises:
        InvalidInput: a file can't be used, or a symbol is not known.
    """
    if settings.source is SourceKind.REPLAY:
        return ReplaySource(
            [read_series(path, settings.symbol, settings.interval) for path in settings.csv]
        )
    if settings.source is SourceKind.SCRIPTED:
        script = read_script(settings.script) if settings.script else []
        return ScriptedSource(script, settings.symbols)
    shocks = tuple((one.symbol, one.time_ms, one.factor) for one in saved.shocks) if saved else ()
    return SyntheticSource(settings.seed, shocks, settings.symbols)


def first_ms(settings: PaperSettings, source: MarketSource, now_ms: int) -> int:
    """Choose where a new market starts: as told, at its first trade, else now.

    Raises:
        InvalidInput: the market has no such moment.
    """
    if settings.start is not None:
        start_ms = int(settings.start.timestamp()) * 1_000
        if not source.begin_ms <= start_ms < (source.end_ms or 1 << 62):
            raise InvalidInput.of("--start", "lies outside the market's history")
        return start_ms
    is_recorded = source.end_ms is not None or settings.script is not None
    return source.begin_ms if is_recorded else now_ms
