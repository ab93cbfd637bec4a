"""The GIS service under `/ogc`: OGC API Features, Tiles and DGGS, and what describes the data."""
