"""Arhat: meanings."""
