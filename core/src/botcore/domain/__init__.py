"""Domain types: pure, import nothing of ours and no SDK."""
