"""The REST API: the use cases of the pages, for programs that carry a token."""
