"""Follows live sources: appended files, GTFS-RT feeds and the intake."""
