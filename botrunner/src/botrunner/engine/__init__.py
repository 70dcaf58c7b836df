"""The shell around the trading core: one inbox, one consumer, strictly in order."""
