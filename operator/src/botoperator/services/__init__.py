"""What the operator does, over ports: the same for Kubernetes and for one host."""
