"""An archive of GTFS-RT VehiclePositions: a folder of recorded messages, or one of them."""

from datetime import UTC, datetime

import polars as pl

from etl.batch import ROW
from etl.extract.extracted import Extracted
from etl.extract.row_format import RowFormat
from etl.gtfs_rt.check import Fault
from etl.gtfs_rt.message import Message, read_message
from etl.gtfs_rt.vehicle_positions import POSITION_SCHEMA, decode_positions
from etl.limits import DEFAULTS
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError

_MESSAGE_BYTES = DEFAULTS.most("message_mb") + 1  # or as many as show that it is too long
_UNTIMED = datetime.min.replace(tzinfo=UTC)
_RAW = {ROW: pl.Int64, "field": pl.String, "reason": pl.String, "raw": pl.String}


def read_gtfs_rt(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Return every vehicle of every message as text, named as `POSITION_SCHEMA`.

    Messages are read in the order of their times; repeated reports are still in it. A message that
    cannot be read, a vehicle without time or place, and a value that cannot be true are rejected;
    the reason names message and entity.

    Raises:
        ExtractError: there is no `.pb` file, or none is a whole GTFS-RT message.
    """
    files = file.members("*.pb")
    if not files:
        raise ExtractError(f"{file}: holds no .pb file")
    messages: list[tuple[str, Message]] = []
    refused: list[str] = []
    for each in files:
        try:
            messages.append((each.name, read_message(each.read_start(_MESSAGE_BYTES), each.name)))
        except ExtractError as error:
            refused.append(str(error))
    if not messages:
        raise ExtractError(f"{file}: {refused[0]}" if file.is_folder else refused[0])
    messages.sort(key=lambda each: (each[1].sent_at or _UNTIMED, each[0]))
    frames = [POSITION_SCHEMA.to_frame()]
    faults: list[tuple[str | None, str, str | None]] = [(None, each, None) for each in refused]
    for name, message in messages:
        positions = decode_positions(message)
        frames.append(positions.frame.select(POSITION_SCHEMA.names()))
        for fault in (*message.faults, *positions.rejected, *positions.dropped):
            faults.append((fault.field, _placed(name, fault), fault.raw))
    text = pl.concat(frames).with_columns(
        pl.col("observed_at").dt.to_string("iso:strict"), pl.exclude("observed_at").cast(pl.String)
    )
    numbered = text.with_row_index(ROW, offset=1).cast({ROW: pl.Int64})
    rows = [(text.height + number, *fault) for number, fault in enumerate(faults, start=1)]
    return Extracted(numbered, pl.DataFrame(rows, schema=_RAW, orient="row"))


def _placed(name: str, fault: Fault) -> str:
    where = name if fault.row is None else f"{name}, entity {fault.row}"
    return f"{fault.reason} ({where})"


FORMATS.register(
    RowFormat(
        name="gtfs_rt",
        says="recorded GTFS-RT messages of vehicle positions (`.pb`)",
        read=read_gtfs_rt,
        may_be_folder=True,
    )
)
