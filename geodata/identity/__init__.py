"""Who asks: callers, users, sessions, device tokens, and the record of what they did."""
