"""Runs in backtesting.py's environment: the same averages and the same stop over a CSV of candles.

Argument: the file. Prints the number of trades.
"""

import sys

import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

__all__ = ["main"]


def average(values, length):
    """Give the exponential average."""
    return pd.Series(values).ewm(span=length, adjust=False).mean()


class EmaCross(Strategy):
    """Buys when the fast average crosses above the slow one, sells when it crosses below."""

    def init(self):
        """Compute both averages."""
        self.fast = self.I(average, self.data.Close, 12)
        self.slow = self.I(average, self.data.Close, 48)

    def next(self):
        """Decide on one candle."""
        if crossover(self.fast, self.slow) and not self.position:
            self.buy(size=0.99, sl=self.data.Close[-1] * 0.95)
        elif crossover(self.slow, self.fast) and self.position:
            self.position.close()


def main():
    """Run it."""
    candles = pd.read_csv(sys.argv[1], index_col=0, parse_dates=True)
    candles.columns = ["Open", "High", "Low", "Close", "Volume"]
    # So much money that whole coins are fine enough: backtesting.py knows no fractions.
    test = Backtest(candles, EmaCross, cash=10**9, commission=0.001)
    print(int(test.run()["# Trades"]))


if __name__ == "__main__":
    main()
