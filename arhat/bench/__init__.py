"""Timing of compiled programs beside other run-times: every side in its own process, turns interleaved."""
