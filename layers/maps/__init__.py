"""Layers of a map: columns, encodings, cell lists, addresses, classes, palettes."""
