"""What a map needs: cameras, layer addresses, palettes, district values."""
