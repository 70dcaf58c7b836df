"""The operator with many bots, on the API server of `make up`."""
