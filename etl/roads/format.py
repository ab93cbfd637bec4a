"""OpenStreetMap as a format of files."""

from etl.pipeline.whole_format import WholeFormat
from etl.roads.load import load_roads
from etl.source.formats import FORMATS

FORMATS.register(
    WholeFormat(
        name="osm",
        says="an OpenStreetMap extract (`.osm`, `.osm.pbf`): its roads",
        table="road",
        load=load_roads,
    )
)
