"""Benches with bars: every figure the product promises, measured by one command."""
