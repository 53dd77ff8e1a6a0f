"""Detectors, one file each: the file's name is the detector's id. See `docs/contributing.md`."""
