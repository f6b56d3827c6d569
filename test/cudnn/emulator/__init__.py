"""Runs emitted programs of the cudnn target on the host: see emulator.py."""
