"""`botrunner backtest`: a bot as people apply it, over candles of files."""

from argparse import ArgumentParser, Namespace

from botcore.candles.intervals import INTERVALS

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command."""
    add = parser.add_argument
    add("--bot", required=True, metavar="FILE", help="a TradingBot, as kbots apply takes it")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--candles", action="append", metavar="FILE[,FILE...]",
        help="CSV or Parquet; the name begins with the symbol (BTCUSDT-1h.csv), else SYMBOL=FILE")  # fmt: skip
    source.add_argument("--klines", metavar="FOLDER",
        help="read candles from --venue since --from, and keep them in this folder")  # fmt: skip
    add("--venue", default="https://data-api.binance.vision", metavar="URL",
        help="whose klines to read (default: Binance's public market data)")  # fmt: skip
    add("--interval", choices=INTERVALS, metavar="INTERVAL",
        help="of the klines (default: the shortest of the bot's strategies)")  # fmt: skip
    add("--from", dest="begin", metavar="TIME", help="first moment to trade, UTC (2024-01-31)")
    add("--to", dest="end", metavar="TIME", help="moment to stop at, UTC")
    add("--maker-fee", default="0.001", metavar="RATE", help="0.001 is 0.1 %% (default)")
    add("--taker-fee", default="0.001", metavar="RATE", help="0.001 is 0.1 %% (default)")
    add("--json", dest="json_file", metavar="FILE", help="write everything as JSON")
    add("--report", metavar="FILE", help="write the text report to a file, too")


def run(arguments: Namespace) -> int:
    """Trade the past; gives the exit code: 0, or 130 when it was broken off.

    Raises:
        InvalidInput: the bot, a file or an option can't be used; every message names its place.
        Transient: the venue's klines can't be read.
    """
    # A pod that trades pays for none of this.
    from botrunner.commands.backtesting import backtest  # noqa: PLC0415

    return backtest(arguments)
