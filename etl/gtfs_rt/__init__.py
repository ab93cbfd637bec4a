"""GTFS-Realtime matched with the timetable: trips, vehicles, stop events."""
