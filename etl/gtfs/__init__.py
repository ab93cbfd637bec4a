"""GTFS Schedule: from a feed (zip or folder) to the `gtfs_*` tables and the `departure` table."""
