"""Candles of files: reading them, the rules of their symbols, and the trades they stand for."""
