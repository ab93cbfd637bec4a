"""The record types: what a source may bring, a module a family, each registering itself.

A new type is one module here that calls `RECORD_TYPES.register`.
"""

from etl.source.record_types.record_type import (
    ATTRIBUTES,
    GEOMETRY_TEXT,
    PLACE_CODE,
    Kind,
    Placing,
    RecordType,
    columns_of,
)
from etl.source.record_types.registered import RECORD_TYPES

__all__ = [
    "ATTRIBUTES",
    "GEOMETRY_TEXT",
    "PLACE_CODE",
    "RECORD_TYPES",
    "Kind",
    "Placing",
    "RecordType",
    "columns_of",
]
