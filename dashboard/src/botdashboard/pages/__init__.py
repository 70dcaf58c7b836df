"""The live pages and the guard of their sockets."""
