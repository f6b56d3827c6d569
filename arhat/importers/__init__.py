"""Arhat: importers."""
