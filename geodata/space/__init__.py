"""Geometry of the city: cells, coordinate systems, datums, districts, lines and areas."""
