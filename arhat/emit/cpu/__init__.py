"""Arhat: cpu."""
