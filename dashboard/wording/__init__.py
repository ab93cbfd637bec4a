"""Texts in both languages, formats of numbers and periods."""
