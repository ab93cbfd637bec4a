"""Bus and rail networks, timetables, and the buses' actual runs."""
