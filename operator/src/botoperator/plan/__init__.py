"""Pure decisions: what a TradingBot needs, how that differs from what is there, and what to say about it."""
