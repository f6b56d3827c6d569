"""Example of a pass for Arhat that lives in a package of its own."""
