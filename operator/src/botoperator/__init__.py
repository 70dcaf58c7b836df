"""The operator: turns every TradingBot into one isolated botrunner pod or process."""
