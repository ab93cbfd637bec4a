"""The kept validator's findings on the whole standard, beside our own on what decides about rows.

It runs in a process of its own: a crash, or a feed that it takes too long over, costs only its
findings.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from etl.ledger.findings import Finding, read_codes

TIME_LIMIT_S = 120.0
_PROGRAM = Path(__file__).with_name("validator_process.py")
_LISTED = "feed"  # the validator sees the files under our name for the folder

# What our own rules find under another name.
_SAME = {
    "location_with_unexpected_stop_time": "wrong_stop_location_type",
    "missing_required_agency_id": "missing_required_field",
    "unused_stop": "stop_without_stop_time",
    "unused_trip": "unusable_trip",
}

# The validator does not know the extended types of routes; our own rule does.
_JUDGED_HERE = {("unexpected_enum_value", "routes.txt", "route_type")}


def validate_files(
    files: Mapping[str, bytes], today: date, *, time_limit_s: float = TIME_LIMIT_S
) -> list[Finding]:
    """Return what the validator finds in a feed's files; that it failed is a finding too.

    Args:
        files: GTFS name and content in UTF-8, also of the files that nothing else reads.
        today: the day that calendars are judged by.
        time_limit_s: after which the validator is stopped.
    """
    with tempfile.TemporaryDirectory(prefix="occ-gtfs-") as folder:
        feed = Path(folder, _LISTED)
        feed.mkdir()
        for name, content in files.items():
            (feed / name).write_bytes(content)
        command = [sys.executable, "-I", str(_PROGRAM), str(feed), today.isoformat()]
        try:
            done = subprocess.run(  # noqa: S603 - our own program, no shell
                command, capture_output=True, timeout=time_limit_s, check=False
            )
        except subprocess.TimeoutExpired:
            return [_failed(f"stopped after {time_limit_s:g} s")]
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        return [_failed(words[-1] if words else f"ended with code {done.returncode}")]
    return [_finding(*notice) for notice in json.loads(done.stdout)]


def without_known(judged: Iterable[Finding], own: Sequence[Finding]) -> list[Finding]:
    """Return the validator's findings that our own do not name already."""
    known = {(each.code, each.file, each.field) for each in own} | _JUDGED_HERE
    any_field = {(code, file) for code, file, _ in known}
    some_field = {(code, file) for code, file, field in known if field is None}
    kept = []
    for each in judged:
        code = _SAME.get(each.code, each.code)
        at = (code, each.file)
        is_known = (*at, each.field) in known or at in some_field
        if not (is_known or (each.field is None and at in any_field)):
            kept.append(each)
    return kept


def _failed(why: str) -> Finding:
    return Finding("validator_failed", "", detail=why)


def _finding(
    code: str, file: str, row: int | None, field: str | None, rows: int, detail: str
) -> Finding:
    """Return a notice as a finding: in our words, or in its own where it has a code new to us."""
    if code in read_codes():
        return Finding(code, file, row, field, rows, detail)
    return Finding("validator_notice", file, row, field, rows, f"{code} {detail}".strip())
