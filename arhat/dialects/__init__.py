"""Arhat: dialects."""
