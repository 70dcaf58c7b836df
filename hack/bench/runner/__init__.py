"""Benches of the runner: its size, its speed, what it asks of the exchange, its backtest."""
