"""What a map shows: cameras, layer addresses, palettes, district values."""
