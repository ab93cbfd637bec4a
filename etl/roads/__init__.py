"""Road graphs from OpenStreetMap extracts: format `osm`, table `road`."""
