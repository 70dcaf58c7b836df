"""A proxy before an API server that fails as networks and API servers do, by a seed."""
