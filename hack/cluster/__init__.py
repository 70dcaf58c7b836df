"""A kind cluster with the whole platform on this machine, also where no image registry can be reached."""
