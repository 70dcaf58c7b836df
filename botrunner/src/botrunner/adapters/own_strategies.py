"""Finds the strategies of the user's own among the installed packages, by their entry points."""

from importlib.metadata import EntryPoint, entry_points
from traceback import format_exception_only

import structlog

from botrunner.trading.strategies.own import OwnStrategy, install

__all__ = ["GROUP", "load_own_strategies"]

GROUP = "kbots.strategies"

_log = structlog.get_logger(__name__)


def load_own_strategies() -> None:
    """Import every package of the group and make its strategy known.

    One that can't be imported harms no bot but those that name it: they are refused with the reason.
    """
    found: dict[str, OwnStrategy] = {}
    broken: dict[str, str] = {}
    for entry in entry_points(group=GROUP):
        loaded = _loaded(entry)
        if isinstance(loaded, str):
            broken[entry.name] = loaded
            _log.warning("own_strategy_broken", entry_point=entry.name, reason=loaded)
        else:
            found[entry.name] = loaded
    install(found, broken)


def _loaded(entry: EntryPoint) -> OwnStrategy | str:
    try:
        loaded = entry.load()
    except Exception as error:  # noqa: BLE001 - foreign code, whatever it raises must not harm the bot
        return "".join(format_exception_only(error)).strip()
    if not isinstance(loaded, OwnStrategy):
        return f"{entry.value} lacks Settings, warm_up_candles or on_candle"
    return loaded
