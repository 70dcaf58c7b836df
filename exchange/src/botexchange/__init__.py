"""A Binance-compatible exchange: paper trading and market-data relay."""
