"""Who may do what, passwords, sessions and throttling."""
