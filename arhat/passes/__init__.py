"""Arhat: passes."""
