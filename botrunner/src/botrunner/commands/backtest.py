"""`botrunner backtest`: a bot as people apply it, over candles of files."""

from argparse import ArgumentParser, Namespace

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command."""
    add = parser.add_argument
    add("--bot", required=True, metavar="FILE", help="a TradingBot, as kbots apply takes it")
    add("--candles", required=True, action="append", metavar="FILE[,FILE...]",
        help="CSV or Parquet; the name begins with the symbol (BTCUSDT-1h.csv), else SYMBOL=FILE")  # fmt: skip
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
    """
    # A pod that trades pays for none of this.
    from botrunner.commands.backtesting import backtest  # noqa: PLC0415

    return backtest(arguments)
