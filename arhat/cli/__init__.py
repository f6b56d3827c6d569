"""Arhat: cli."""
