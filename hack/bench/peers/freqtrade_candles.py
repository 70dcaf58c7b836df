"""Runs in freqtrade's environment: puts a CSV of candles where freqtrade keeps them, in its own format.

Arguments: the file, the folder of data, pair, timeframe. Needs no network.
"""

import sys
from pathlib import Path

import pandas as pd
from freqtrade.data.history.datahandlers import get_datahandler
from freqtrade.enums import CandleType

__all__ = ["main"]


def main():
    """Store the candles."""
    source, folder, pair, timeframe = sys.argv[1:]
    candles = pd.read_csv(source)
    candles.columns = ["date", "open", "high", "low", "close", "volume"]
    candles["date"] = pd.to_datetime(candles["date"], utc=True)
    Path(folder).mkdir(parents=True, exist_ok=True)
    handler = get_datahandler(Path(folder), "feather")
    handler.ohlcv_store(pair, timeframe, candles, CandleType.SPOT)


if __name__ == "__main__":
    main()
