"""freqtrade's side of the comparisons: the averages of 12 and 48 candles cross, with a stop five percent below."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib

__all__ = ["EmaCross"]


class EmaCross(IStrategy):
    """Buys when the fast average crosses above the slow one, sells when it crosses below."""

    timeframe = "1h"
    startup_candle_count = 48
    minimal_roi = {"0": 10}  # noqa: RUF012 as freqtrade asks
    stoploss = -0.05

    def populate_indicators(self, dataframe, metadata):
        """Add both averages."""
        dataframe["fast"] = ta.EMA(dataframe, timeperiod=12)
        dataframe["slow"] = ta.EMA(dataframe, timeperiod=48)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        """Mark where to buy."""
        crossed = qtpylib.crossed_above(dataframe["fast"], dataframe["slow"])
        dataframe.loc[crossed, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        """Mark where to sell."""
        crossed = qtpylib.crossed_below(dataframe["fast"], dataframe["slow"])
        dataframe.loc[crossed, "exit_long"] = 1
        return dataframe
