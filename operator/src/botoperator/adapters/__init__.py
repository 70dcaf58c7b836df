"""Ports carried out: files and processes of one host, Postgres, the paper exchange."""
