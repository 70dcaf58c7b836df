"""Puts the parts of each role together; the only importer of adapters."""
