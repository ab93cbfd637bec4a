"""Records too many for a table: located, checked and stored as day partitions."""
