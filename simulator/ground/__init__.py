"""The ground of all streams: residents, streets, roads, addresses."""
