"""Sweeps: running the detectors over one snapshot, and handing what they found to the casebook."""
