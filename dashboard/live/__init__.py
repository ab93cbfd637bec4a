"""Pushes: the database's announcements, sent to every connected screen as server-sent events."""
