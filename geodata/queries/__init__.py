"""Reads the tables: one module a theme, `read_` functions that return frames."""
