"""Reads of electronic plates at road-side readers."""
