"""Disclosure control: which numbers must stay hidden so that no small count can be worked out."""
