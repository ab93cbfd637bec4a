"""An archive of GTFS-RT VehiclePositions: a folder of recorded messages, or one of them."""

import polars as pl

from etl.batch import ROW
from etl.extract.extracted import Extracted
from etl.extract.row_format import RowFormat
from etl.gtfs_rt.vehicle_positions import POSITION_SCHEMA, decode_positions, parse_message
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError


def read_gtfs_rt(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Return every vehicle of every message as text, named as `POSITION_SCHEMA`.

    Messages are read in the order of their names; repeated reports are still in it.

    Raises:
        ExtractError: there is no `.pb` file, or one is not a whole GTFS-RT message.
    """
    files = file.members("*.pb")
    if not files:
        raise ExtractError(f"{file}: holds no .pb file")
    frames = [decode_positions(parse_message(each.read_bytes(), str(each))) for each in files]
    positions = pl.concat([POSITION_SCHEMA.to_frame(), *frames])
    text = positions.with_columns(
        pl.col("observed_at").dt.to_string("iso:strict"), pl.exclude("observed_at").cast(pl.String)
    )
    return Extracted(text.with_row_index(ROW, offset=1).cast({ROW: pl.Int64}))


FORMATS.register(
    RowFormat(
        name="gtfs_rt",
        says="recorded GTFS-RT messages of vehicle positions (`.pb`)",
        read=read_gtfs_rt,
        may_be_folder=True,
    )
)
