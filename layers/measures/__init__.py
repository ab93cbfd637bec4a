"""Measures that are functions: what needs geometry or more than one pass over the records."""
