"""Client of an exchange that speaks Binance's public protocol: REST and market streams."""
