"""What everything else stands on: residents, streets, roads, addresses."""
