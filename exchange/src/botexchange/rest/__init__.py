"""The REST API of Binance Spot."""
