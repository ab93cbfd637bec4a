"""OGC API - DGGS, Part 1 (21-038r1), for H3: the grid, zones with data, and their values."""
