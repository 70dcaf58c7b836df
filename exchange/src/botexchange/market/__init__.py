"""Where prices come from: a seeded generator or a file of candles."""
