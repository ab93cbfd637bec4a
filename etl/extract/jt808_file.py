"""JT/T 808 location reports (message 0x0200) from a recorded byte stream.

A frame is 0x7e, header, body, checksum, 0x7e; inside it 0x7e is sent as 7d 02 and 0x7d as 7d 01.
The header is message id, properties (low ten bits: length of the body; bit 13: a part of several;
bit 14: the form of 2019 with a version byte and a phone of ten bytes instead of six), phone in BCD,
serial number. All numbers are big-endian. The whole stream is decoded at once: a day of a bus fleet
is tens of millions of frames.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from etl.batch import ROW
from etl.extract.extracted import Extracted
from etl.extract.row_format import RowFormat
from etl.limits import check_table
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

_COLUMNS = 11
_FLAG, _ESCAPE = 0x7E, 0x7D
_LOCATION_REPORT = 0x0200
_BODY_BYTES = 28  # without the additional items after them
_PART, _FORM_2019, _ENCRYPTED = 1 << 13, 1 << 14, 7 << 10
_HAS_FIX, _SOUTH, _WEST, _SHIFTED = 1 << 1, 1 << 2, 1 << 3, 1 << 5


@dataclass(frozen=True)
class _Frames:
    """Unescaped frames in one array: where each begins and how long it is, checksum included."""

    content: Bytes
    starts: Integers
    lengths: Integers

    def number(self, rows: Integers, offset: Integers | int, width: int) -> Integers:
        """Return the unsigned big-endian number at an offset of each of the frames `rows`."""
        at = self.starts[rows] + offset
        total = np.zeros(len(rows), dtype=np.int64)
        for place in range(width):
            total = (total << 8) | self.content[at + place].astype(np.int64)
        return total

    def digits(self, rows: Integers, offset: Integers | int, width: int) -> list[str]:
        """Return BCD bytes as text."""
        block = self.content[(self.starts[rows] + offset)[:, None] + np.arange(width)]
        text = np.ascontiguousarray(block).tobytes().hex()
        return [text[at : at + 2 * width] for at in range(0, len(text), 2 * width)]


def read_jt808(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Return the location reports of a stream, one row a report, as text.

    Columns: phone, alarm, status, has_fix, is_shifted, lon, lat, altitude_m, speed_kmh, direction,
    time (GMT+8). Damaged frames and reports without a position fix are rejected; messages of
    other kinds are no rows. `@row` is the frame's number in the stream.

    Raises:
        ExtractError: the file holds no frame.
    """
    stream = np.frombuffer(file.read_bytes(), dtype=np.uint8)
    count = int(np.count_nonzero(stream == _FLAG)) // 2
    check_table(file, count, _COLUMNS, declaration.limits)
    frames = _split(stream)
    if not len(frames.starts):
        raise ExtractError(f"{file}: not a JT/T 808 stream: it has no frame between two 7e")
    faults = _faults(frames)
    sound = np.flatnonzero(faults == "")
    reports = sound[frames.number(sound, 0, 2) == _LOCATION_REPORT]
    properties = frames.number(reports, 2, 2)
    whole = (properties & (_PART | _ENCRYPTED)) == 0
    faults[reports[~whole]] = "a partial or encrypted message"
    reports = reports[whole]
    long = frames.lengths[reports] - 1 - _body_at(frames, reports) >= _BODY_BYTES
    faults[reports[~long]] = "the body is too short for a location report"
    reports = reports[long]
    is_fixed = (_status(frames, reports) & _HAS_FIX) != 0
    faults[reports[~is_fixed]] = "no position fix"
    reports = reports[is_fixed]
    return Extracted(_decode(frames, reports), _rejects(frames, faults))


def _split(stream: Bytes) -> _Frames:
    """Cut the stream at its flags and undo the escapes; bytes between frames are frames too."""
    escaped = np.flatnonzero(stream[:-1] == _ESCAPE)
    escaped = escaped[(stream[escaped + 1] == 1) | (stream[escaped + 1] == 2)]
    content = stream.copy()
    content[escaped] = np.where(stream[escaped + 1] == 1, _ESCAPE, _FLAG)
    is_flag = stream == _FLAG
    keep = ~is_flag
    keep[escaped + 1] = False
    position = np.cumsum(keep) - keep  # the new position of each kept byte
    flags = np.flatnonzero(is_flag)
    if len(flags) < 2:
        return _Frames(content[:0], np.array([], np.int64), np.array([], np.int64))
    starts, ends = position[flags[:-1]], position[flags[1:]]
    lengths = ends - starts
    filled = lengths > 0
    return _Frames(content[keep], starts[filled].astype(np.int64), lengths[filled].astype(np.int64))


def _faults(frames: _Frames) -> npt.NDArray[np.object_]:
    """Return why each frame is unusable, '' where it is valid."""
    faults = np.full(len(frames.starts), "", dtype=object)
    inside = frames.content[frames.starts[0] : frames.starts[-1] + frames.lengths[-1]]
    parity = np.bitwise_xor.reduceat(inside, frames.starts - frames.starts[0])
    faults[parity != 0] = "wrong checksum"
    faults[frames.lengths < 13] = "too short for a message"  # header of 12 bytes and checksum
    sound = np.flatnonzero(faults == "")
    body = frames.lengths[sound] - 1 - _body_at(frames, sound)
    faults[sound[body != (frames.number(sound, 2, 2) & 0x3FF)]] = "wrong length"
    return faults


def _body_at(frames: _Frames, rows: Integers) -> Integers:
    properties = frames.number(rows, 2, 2)
    header = np.where(properties & _FORM_2019, 17, 12)
    return np.asarray(header + np.where(properties & _PART, 4, 0), dtype=np.int64)


def _status(frames: _Frames, rows: Integers) -> Integers:
    return frames.number(rows, _body_at(frames, rows) + 4, 4)


def _decode(frames: _Frames, rows: Integers) -> pl.DataFrame:
    body, status = _body_at(frames, rows), _status(frames, rows)
    south = np.where(status & _SOUTH, -1, 1)
    west = np.where(status & _WEST, -1, 1)
    numbers = pl.DataFrame(
        {
            ROW: rows + 1,
            "alarm": frames.number(rows, body, 4),
            "status": status,
            "is_shifted": (status & _SHIFTED) != 0,
            "lon": west * frames.number(rows, body + 12, 4) / 1e6,
            "lat": south * frames.number(rows, body + 8, 4) / 1e6,
            "altitude_m": _signed(frames.number(rows, body + 16, 2)),
            "speed_kmh": frames.number(rows, body + 18, 2) / 10,
            "direction": frames.number(rows, body + 20, 2),
        }
    )
    clock = pl.Series("clock", frames.digits(rows, body + 22, 6), dtype=pl.String)
    return numbers.select(
        ROW,
        _phones(frames, rows).alias("phone"),
        pl.exclude(ROW).cast(pl.String),
        clock.str.replace(r"^(..)(..)(..)(..)(..)(..)$", "20$1-$2-$3 $4:$5:$6+08:00").alias("time"),
    )


def _signed(number: Integers) -> Integers:
    """Return a 16-bit number as signed: below sea level is not 65 km high."""
    return np.where(number > 0x7FFF, number - 0x10000, number)


def _phones(frames: _Frames, rows: Integers) -> pl.Series:
    """Return the terminals' phones without leading zeros, which only fill the BCD field."""
    new = (frames.number(rows, 2, 2) & _FORM_2019) != 0
    phones = np.full(len(rows), "", dtype=object)
    phones[~new] = frames.digits(rows[~new], 4, 6)
    phones[new] = frames.digits(rows[new], 5, 10)
    return pl.Series("phone", phones, dtype=pl.String).str.strip_chars_start("0")


def _rejects(frames: _Frames, faults: npt.NDArray[np.object_]) -> pl.DataFrame:
    wrong = np.flatnonzero(faults != "")
    raw = [
        frames.content[start : start + length].tobytes().hex()
        for start, length in zip(frames.starts[wrong], frames.lengths[wrong], strict=True)
    ]
    return pl.DataFrame(
        {
            ROW: wrong + 1,
            "field": pl.Series([None] * len(wrong), dtype=pl.String),
            "reason": pl.Series(list(faults[wrong]), dtype=pl.String),
            "raw": pl.Series([f'"{text}"' for text in raw], dtype=pl.String),
        },
        schema_overrides={ROW: pl.Int64},
    )


FORMATS.register(
    RowFormat(
        name="jt808",
        says="a recorded stream of JT/T 808 location reports",
        read=read_jt808,
    )
)
