"""Disclosure control: which numbers are suppressed so that no small count can be worked out."""
