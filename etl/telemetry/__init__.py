"""Records too many for a table: placed, checked and kept as day partitions."""
