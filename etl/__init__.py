"""How data arrives: declared sources, extract, transform, check, load, simulator."""
