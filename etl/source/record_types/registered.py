"""The registry of record types: every module beside this one may add some."""

from pathlib import Path

from etl.source.record_types.record_type import RecordType
from etl.source.registry import Registry, modules_in

RECORD_TYPES: Registry[RecordType] = Registry("record type", modules_in(Path(__file__).parent))
