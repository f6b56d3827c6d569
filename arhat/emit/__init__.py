"""Arhat: emit."""
