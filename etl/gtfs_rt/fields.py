"""Fields of protobuf messages: what the sender set, and the names of enumerated values."""

from typing import Any

from google.protobuf.unknown_fields import UnknownFieldSet


def given(message: Any, field: str) -> Any:
    """Return a field that the sender set, else None."""
    return getattr(message, field) if message.HasField(field) else None


def name_of(message: Any, field: str) -> str | None:
    """Return the name of an enumerated value, an unknown one as its number, None if it is not set.

    Protobuf keeps a number it does not know aside, as if the field were not set: it would read as
    the default.
    """
    described = message.DESCRIPTOR.fields_by_name[field]
    if message.HasField(field):
        number = getattr(message, field)
        return str(described.enum_type.values_by_number[number].name)
    for each in UnknownFieldSet(message):
        if each.field_number == described.number:
            return str(each.data)
    return None
