"""Domain types, resource models, sealing, ledger, logging and settings shared by the kbots programs."""
