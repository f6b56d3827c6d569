"""Arhat: interpreters."""
