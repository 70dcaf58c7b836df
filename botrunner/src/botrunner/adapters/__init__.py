"""The world outside: Binance, the ledger, files and logs, each behind one of the runner's ports."""
