"""Pushes: what the database announces reaches every connected screen as server-sent events."""
