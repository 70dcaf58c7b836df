"""Parts of pages; they take view rows and know no service."""
