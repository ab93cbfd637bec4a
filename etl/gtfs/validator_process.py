"""Runs the kept GTFS validator on a folder and prints its notices, grouped, as JSON.

A program of its own, because a fault of the compiled validator would end the process it is in:
`python validator_process.py FOLDER YYYY-MM-DD`.
"""

import json
import resource
import sys
from typing import Any

import gtfs_guru

MEMORY_BYTES = 6 << 30
_LONGEST_VALUE = 80
# Where a notice keeps a row that is not of the file it is about.
_ROWS = {"stopTimeCsvRowNumber": "stop_times.txt", "tripCsvRowNumber": "trips.txt"}
# What notices are about that name no file and whose rule reads several.
_FILES = {
    "missing_feed_contact_email_and_url": ["feed_info.txt"],
    "stop_without_stop_time": ["stops.txt"],
}


def main(folder: str, today: str) -> None:
    """Print a list of code, file, first row, field, rows, detail."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    files = {
        code: each.get("references", {}).get("fileReferences", [])
        for code, each in gtfs_guru.notice_schema().items()
    } | _FILES
    groups: dict[tuple[str, str, str | None], list[Any]] = {}
    for notice in gtfs_guru.validate(folder, date=today).notices:
        context = notice.context()
        file, row = _place(notice, context, files.get(notice.code, []))
        field = notice.field or context.get("fieldName") or context.get("childFieldName")
        group = groups.setdefault((notice.code, file, field), [row, 0, _value(notice, context)])
        group[0] = min((each for each in (group[0], row) if each is not None), default=None)
        group[1] += 1
    found = [
        (code, file, row, field, rows, detail)
        for (code, file, field), (row, rows, detail) in groups.items()
    ]
    json.dump(found, sys.stdout)


def _place(notice: Any, context: dict[str, Any], files: list[str]) -> tuple[str, int | None]:
    """Return the file and the row of a notice; the file is what it is about if it names none."""
    rows = {
        name.rstrip("12"): value
        for name, value in context.items()
        if "csvrownumber" in name.lower() and isinstance(value, int)
    }
    file, row = None, notice.row
    if row is None and rows:
        name = next((each for each in _ROWS if each in rows), max(rows, key=rows.__getitem__))
        file, row = _ROWS.get(name), rows[name]
    named = notice.file or context.get("filename") or context.get("childFilename")
    return str(named or file or (files[0] if files else "")), row


def _value(notice: Any, context: dict[str, Any]) -> str:
    """Return the value that the first notice is about, if it is one."""
    value = str(context.get("fieldValue", "")).strip()
    return value[:_LONGEST_VALUE] if value.isprintable() else ""


if __name__ == "__main__":
    main(*sys.argv[1:3])
