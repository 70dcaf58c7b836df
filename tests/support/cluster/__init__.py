"""The installed release on a cluster, as end-to-end tests see it."""
