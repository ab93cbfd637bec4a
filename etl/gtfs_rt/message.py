"""A GTFS-RT message: its time and its entities, each read for itself.

Only whole datasets are read: what a differential message leaves out is not known.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from google.transit.gtfs_realtime_pb2 import FeedEntity, FeedHeader, FeedMessage

from etl.gtfs_rt.check import Fault, FaultError, check_instant
from etl.gtfs_rt.fields import given
from etl.limits import DEFAULTS
from geodata.errors import ExtractError

_HEADER, _ENTITY = 1, 2  # numbers of the fields of a message
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SHOWN_BYTES = 200
_EMPTIEST = bytes([_ENTITY << 3 | _BYTES])  # every entity begins with it


@dataclass(frozen=True)
class Message:
    """A message as it can be used; an entity that cannot be read is an empty one in its place.

    `sent_at` is the header's time; where it has none, that of the newest of its entities.
    """

    feed: FeedMessage
    sent_at: datetime | None
    faults: tuple[Fault, ...] = ()

    @property
    def entities(self) -> Iterator[tuple[int, Any]]:
        """Yield number, from 1, and content of its entities."""
        return enumerate(self.feed.entity, start=1)

    @property
    def is_whole(self) -> bool:
        """Whether every entity could be read."""
        return not any(fault.field == "entity" for fault in self.faults)


def read_message(content: bytes, name: str) -> Message:
    """Return the message of a feed's bytes; `name` says in errors which file or address it was.

    Raises:
        ExtractError: the bytes are no GTFS-RT message, a differential one, or too large a one.
    """
    _check_sizes(content, name)
    feed, faults = FeedMessage(), list[Fault]()
    try:
        feed.ParseFromString(content)
    except DecodeError as error:
        feed, faults = _read_singly(content)
        if not feed.header.gtfs_realtime_version:
            raise ExtractError(f"{name}: not a GTFS-RT message: {error}") from error
    if not content or not feed.header.gtfs_realtime_version:
        raise ExtractError(f"{name}: not a GTFS-RT message: it has no header")
    if feed.header.incrementality != FeedHeader.FULL_DATASET:
        raise ExtractError(f"{name}: a differential message; only whole datasets are read")
    return message_of(feed, faults)


def _check_sizes(content: bytes, name: str) -> None:
    """Refuse a message that is too long, or of too many entities: an empty one takes two bytes.

    Raises:
        LimitError: it is.
    """
    DEFAULTS.check(name, "message_mb", len(content), "it has more bytes")
    if content.count(_EMPTIEST) <= DEFAULTS.message_entities:
        return
    entities = 0
    with suppress(DecodeError, IndexError):  # it is refused, or read singly, where it is decoded
        for number, _ in _parts(content):
            entities += number == _ENTITY
            DEFAULTS.check(name, "message_entities", entities, "it has more entities")


def message_of(feed: FeedMessage, faults: list[Fault] | None = None) -> Message:
    """Return a decoded message with its time; a time that cannot be one is a fault of its own."""
    found = list(faults or [])
    sent_at = None
    try:
        if given(feed.header, "timestamp"):
            sent_at = check_instant(feed.header.timestamp, "header.timestamp")
    except FaultError as error:
        found.append(Fault(None, error.field, error.reason))
    return Message(feed, sent_at or _newest(feed), tuple(found))


def _newest(feed: FeedMessage) -> datetime | None:
    times = []
    for entity in feed.entity:
        for kind in ("vehicle", "trip_update"):
            try:
                times.append(check_instant(getattr(entity, kind).timestamp, "timestamp"))
            except FaultError:
                continue  # told once the entity is read
    return max(times, default=None)


def raw_of(entity: Any) -> str:
    """Return an entity as the JSON text that a rejected row keeps."""
    return json.dumps(_storable(MessageToDict(entity, preserving_proto_field_name=True)))


def _storable(value: Any) -> Any:
    """Return a value of JSON without the NUL characters that no column can hold."""
    if isinstance(value, dict):
        return {name: _storable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_storable(each) for each in value]
    return value.replace("\0", "") if isinstance(value, str) else value


def _read_singly(content: bytes) -> tuple[FeedMessage, list[Fault]]:
    """Return what can be read of a damaged message, and the entities that cannot.

    Of a message that is cut short, the entities before the cut.
    """
    feed, faults = FeedMessage(), list[Fault]()
    try:
        for number, part in _parts(content):
            if number == _HEADER:
                feed.header.MergeFromString(part)
            elif number == _ENTITY:
                feed.entity.append(_entity(part, len(feed.entity) + 1, faults))
    except (DecodeError, IndexError):
        row = len(feed.entity) + 1
        faults.append(Fault(row, "entity", "the message is damaged or cut short from here on"))
    return feed, faults


def _entity(part: bytes, row: int, faults: list[Fault]) -> FeedEntity:
    entity = FeedEntity()
    try:
        entity.ParseFromString(part)
    except DecodeError:
        raw = json.dumps({"hex": part[:_SHOWN_BYTES].hex()})
        faults.append(Fault(row, "entity", "cannot be decoded", raw))
        return FeedEntity(id="")
    return entity


def _parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of the fields of a message, by protobuf's wire format.

    Raises:
        DecodeError, IndexError: it does not go on like that.
    """
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        number, kind = tag >> 3, tag & 7
        if kind == _BYTES:
            size, at = _varint(content, at)
            if at + size > len(content):
                raise DecodeError("cut short")
            yield number, content[at : at + size]
            at += size
        elif kind == _VARINT:
            _, at = _varint(content, at)
        elif kind in (_FIXED32, _FIXED64):
            at += 4 if kind == _FIXED32 else 8
        else:
            raise DecodeError("no field begins here")


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise DecodeError("a number without end")
