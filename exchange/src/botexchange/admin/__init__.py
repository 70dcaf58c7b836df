"""The control port: accounts, faults, shocks, the truth for tests."""
