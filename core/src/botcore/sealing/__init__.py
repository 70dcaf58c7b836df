"""Seal exchange keys so that who stores them can't read them (HPKE, RFC 9180)."""
