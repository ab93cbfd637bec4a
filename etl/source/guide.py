"""The guide's tables of formats, record types and fields, made from the models themselves."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from etl.source.declaration import SourceDeclaration
from etl.source.formats import FORMATS, Format
from etl.source.record_types import ATTRIBUTES, RECORD_TYPES, RecordType


def fill_guide(text: str) -> str:
    """Return a guide with its generated tables written anew between their marks.

    Raises:
        ValueError: a mark is missing.
    """
    for name, build in _TABLES.items():
        begin, end = f"<!-- generated: {name} -->\n", f"<!-- end of {name} -->"
        if begin not in text or end not in text:
            raise ValueError(f"the guide lacks the marks of its table '{name}'")
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{build()}\n\n{end}{after}"
    return text


def formats_table() -> str:
    """Return every format a declaration may name."""
    rows = [(_asked_by(each), each.says, _of_format(each)) for each in FORMATS.values()]
    return _table(("format", "files", "besides"), sorted(rows))


def _asked_by(each: Format) -> str:
    return f"`{each.of}` with `{each.block}`" if each.block else f"`{each.name}`"


def _of_format(each: Format) -> str:
    notes = {
        f"fills `table: {each.table}`": each.table,
        "may be a folder": each.may_be_folder,
        "geometry comes out in WGS-84; `crs` serves a file that does not say its own": (
            each.is_in_degrees
        ),
        "the file is destroyed": each.is_destroyed,
    }
    return "; ".join(note for note, holds in notes.items() if holds)


def record_types_table() -> str:
    """Return every record type with its key and columns; those that must be mapped are bold."""
    rows = [
        (f"`{each.name}`", each.says, ", ".join(each.key), each.event_time or "", _columns(each))
        for each in RECORD_TYPES.values()
    ]
    return _table(("table", "records", "key", "time", "columns (**must** be mapped)"), rows)


def _columns(record_type: RecordType) -> str:
    if not record_type.is_mapped:
        return "all by its format"
    named = [_column(record_type, name, kind) for name, kind in record_type.mappable.items()]
    free = [f"`{ATTRIBUTES}*`"] if "attributes" in record_type.columns else []
    return ", ".join([*sorted(named, key=lambda text: not text.startswith("**")), *free])


def _column(record_type: RecordType, name: str, kind: str) -> str:
    legal = [] if kind == "text" else [kind]
    if name in record_type.ranges:
        legal.append(" to ".join(f"{limit:,.0f}" for limit in record_type.ranges[name]))
    if name in record_type.allowed:
        legal.append(" ".join(sorted(record_type.allowed[name])))
    text = f"`{name}`" + (f" ({', '.join(legal)})" if legal else "")
    return f"**{text}**" if name in record_type.required else text


def fields_tables() -> str:
    """Return the fields of a declaration, and those of each block in it."""
    schema = SourceDeclaration.model_json_schema()
    blocks = {"SourceDeclaration": schema} | schema["$defs"]
    parts = []
    for name, block in blocks.items():
        if "properties" in block:
            heading = "" if block is schema else f"#### {_anchor(name)}\n\n"
            needed = block.get("required", ())
            rows = [
                (f"**`{field}`**" if field in needed else f"`{field}`", *_field(said))
                for field, said in block["properties"].items()
            ]
            parts.append(heading + _table(("field", "takes", "default", "says"), rows))
    return "\n\n".join(parts)


def _field(said: Mapping[str, Any]) -> tuple[str, str, str]:
    default = said.get("default")
    text = str(default).lower() if isinstance(default, bool) else str(default)
    shown = "" if default in (None, "", []) else f"`{text}`"
    return _takes(said), shown, said["description"]


_WORDS = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
}  # fmt: skip


def _takes(said: Mapping[str, Any]) -> str:
    """Return in words what a field takes."""
    if "$ref" in said:
        name = _anchor(said["$ref"].rpartition("/")[2])
        return f"[{name}](#{name.replace(' ', '-')})"
    if "anyOf" in said:
        return " or ".join(_takes(each) for each in said["anyOf"] if each.get("type") != "null")
    if "enum" in said or "const" in said:
        return " ".join(f"`{each}`" for each in said.get("enum", [said.get("const")]))
    return _takes_several(said) or said.get("format") or _WORDS[said["type"]]


def _takes_several(said: Mapping[str, Any]) -> str | None:
    if said.get("type") == "array":
        if "prefixItems" in said:
            return f"{said['maxItems']} times {_takes(said['prefixItems'][0])}"
        return f"list of {_takes(said['items'])}"
    if said.get("type") == "object":
        return f"name: {_takes(said['additionalProperties'])}"
    return None


def _anchor(model: str) -> str:
    """Return a block's name as its heading has it: `GroupBy` is the `group by` block."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", model).lower()


def _table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    listed = [list(headers), *(list(row) for row in rows)]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in listed]
    lines.insert(1, "|" + "---|" * len(listed[0]))
    return "\n".join(lines)


_TABLES: Mapping[str, Callable[[], str]] = {
    "formats": formats_table,
    "record types": record_types_table,
    "fields": fields_tables,
}
