"""Reads of number plates: paired into travel times, and destroyed."""
