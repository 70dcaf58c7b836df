"""The command line `kbots`: kubectl for one host without a cluster."""
