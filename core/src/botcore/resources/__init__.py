"""The TradingBot resource: models that mirror crds/tradingbots.yaml, its rules and its defaults."""
