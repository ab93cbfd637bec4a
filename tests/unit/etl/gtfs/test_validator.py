"""The kept validator's findings: on files that nothing else reads, apart when it fails."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from etl.gtfs.feed import read_feed
from etl.gtfs.validator import validate_files, without_known
from etl.ledger.findings import Finding, read_codes
from etl.source.file import SourceFile

MakeFeed = Callable[..., Path]
TODAY = date(2026, 12, 1)


def read(folder: Path) -> dict[str, Finding]:
    found = read_feed(SourceFile.at(folder), TODAY, judge=validate_files).findings
    return {each.code: each for each in found}


@pytest.mark.parametrize(
    ("file", "text", "code", "row", "field"),
    [
        (
            "fare_attributes.txt",
            "fare_id,price,currency_type,payment_method,transfers\nF,1.00,CNX,0,0\n",
            "invalid_currency", 2, "currency_type",
        ),
        ("transfers.txt", "from_stop_id,to_stop_id,transfer_type\nS1,S9,0\n",
         "foreign_key_violation", 2, "to_stop_id"),
        ("attributions.txt", "organization_name,is_producer\nA,0\n",
         "attribution_without_role", 2, None),
        ("frequencies.txt", "trip_id,start_time,end_time,headway_secs\n"
         "TF,09:00:00,10:00:00,1200\nTF,09:30:00,11:00:00,600\n", "overlapping_frequency", 3, None),
        ("calendar.txt", "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
         "start_date,end_date\nWD,1,1,1,1,1,0,0,20261201,20261231\n"
         "SP,1,1,1,1,1,0,0,20261231,20261201\n", "start_and_end_range_out_of_order", 3, None),
        ("translations.txt", "table_name,field_name,language,translation,record_id\n"
         "stops,stop_name,en,Park,S9\n", "translation_foreign_key_violation", 2, None),
        ("stop_areas.txt", "area_id,stop_id\nA,S1\n", "foreign_key_violation", 2, "area_id"),
    ],
)  # fmt: skip
def test_files_that_nothing_else_reads_are_judged(
    make_feed: MakeFeed, file: str, text: str, code: str, row: int, field: str | None
) -> None:
    found = read(make_feed({file: text}))[code]
    assert (found.file, found.row_number, found.field) == (file, row, field)
    assert found.message_zh != found.message_en


def test_what_we_found_is_not_said_twice(make_feed: MakeFeed) -> None:
    own = [Finding("duplicate_key", "stops.txt", 3, "stop_id"), Finding("empty_file", "x.txt")]
    judged = [
        Finding("duplicate_key", "stops.txt", 3, "stop_id"),
        Finding("duplicate_key", "stops.txt", 3),
        Finding("duplicate_key", "routes.txt", 3),
        Finding("empty_file", "x.txt", field="y"),
    ]
    assert without_known(judged, own) == [judged[2]]


def test_a_validator_that_takes_too_long_costs_only_its_findings(make_feed: MakeFeed) -> None:
    files = {path.name: path.read_bytes() for path in make_feed().glob("*.txt")}
    (found,) = validate_files(files, TODAY, time_limit_s=0.001)
    assert (found.code, found.severity) == ("validator_failed", "warning")


def test_a_validator_that_crashes_costs_only_its_findings(
    make_feed: MakeFeed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "crash.py"
    program.write_text("import os\nos.abort()\n")
    monkeypatch.setattr("etl.gtfs.validator._PROGRAM", program)
    found = read(make_feed())
    assert "validator_failed" in found


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\0\0", b"", b"a,b\n\0\0\n", b'a,"b\n1,2\n', b"\xff" * 9]
)
def test_no_bytes_make_it_fail_in_our_process(data: bytes) -> None:
    assert all(each.code in read_codes() for each in validate_files({"stops.txt": data}, TODAY))
