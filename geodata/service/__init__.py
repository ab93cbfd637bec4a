"""The GIS service under `/ogc`: OGC API Features, Tiles and DGGS, DCAT and NGSI-LD."""
