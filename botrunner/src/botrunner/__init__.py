"""The trading process of one bot."""
