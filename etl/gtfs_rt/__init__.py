"""GTFS-Realtime against the timetable: trips, vehicles, stop events."""
