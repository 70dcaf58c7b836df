"""The web dashboard: accounts, keys, bots and live views."""
