"""The strategies: each a small pure module, blind to its siblings."""
