"""Map layers: columns, encodings, cell lists, addresses, classes, palettes, analyses."""
