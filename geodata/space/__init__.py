"""Where things are: cells, coordinate systems, datums, districts, lines and areas."""
