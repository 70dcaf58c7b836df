"""Runs the whole platform on this host, without a cluster."""
