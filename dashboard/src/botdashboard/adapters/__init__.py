"""What stands behind the ports; `main` alone imports from here."""
