"""Arhat: compiler from trained networks to small standalone programs."""

__version__ = "0.1.0"
