"""Bus and rail networks, timetables, and what the buses then really did."""
