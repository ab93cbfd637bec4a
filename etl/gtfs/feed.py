"""A feed read, typed and checked: the valid rows of each file, and every rejected row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from etl.gtfs.archive import missing_files, read_feed_files
from etl.gtfs.calendar import compute_service_days
from etl.gtfs.csv_text import decode_file, read_text_table
from etl.gtfs.fields import FILES
from etl.gtfs.notices import describe_faults, describe_feed
from etl.gtfs.relations import Tables, check_relations
from etl.gtfs.table import Table
from etl.gtfs.times import complete_times
from etl.gtfs.typed import type_table
from etl.gtfs.validator import without_known
from etl.ledger.findings import FaultyFileError, Finding
from etl.limits import DEFAULTS, Limits, check_delimited
from etl.source.file import SourceFile

Judge = Callable[[Mapping[str, bytes], date], list[Finding]]
_SERVICE_DAYS_AHEAD = timedelta(days=731)


@dataclass(frozen=True)
class Feed:
    """The tables of one feed by file name, its zone, the days its services run, its findings."""

    tables: Mapping[str, Table]
    timezone: str
    service_days: pl.DataFrame
    findings: tuple[Finding, ...] = ()

    def rows(self, file: str) -> pl.DataFrame:
        """Return the valid rows of a file that the feed has."""
        return self.tables[file].rows

    @property
    def rows_in(self) -> int:
        """Rows of all files used."""
        return sum(table.rows_in for table in self.tables.values())

    @property
    def rows_loaded(self) -> int:
        """The number of valid rows of all files."""
        return sum(table.rows.height for table in self.tables.values())


def read_feed(
    source: SourceFile,
    reference_on: date,
    place: Callable[[Table], Table] | None = None,
    encoding: str = "auto",
    judge: Judge | None = None,
    limits: Limits = DEFAULTS,
) -> Feed:
    """Read a feed from a zip or a folder; invalid rows are rejected, an unusable feed raises.

    Args:
        source: the zip or folder.
        reference_on: today; service days are listed up to two years after it.
        place: gives the rows of stops.txt their place, refusing those that have none.
        encoding: as declared; `auto` is the UTF-8 that GTFS asks for.
        limits: how much of it is read.
        judge: returns more findings on all the files; those that name what is known are left out.

    Raises:
        FaultyFileError: a file or column every feed needs is missing or unreadable, or no stop
            time is usable; names the file.
    """
    listed = read_feed_files(source, limits)
    _require_files(source, listed.data, listed.notes)
    files = {file: decode_file(file, data, encoding) for file, data in listed.data.items()}
    for file, data in files.items():
        check_delimited(f"{source}/{file}", data, b",", limits)
    called = "UTF-8" if encoding == "auto" else encoding
    text = {
        file: read_text_table(file, data, called)
        for file, data in files.items()
        if _worth(file, data)
    }
    typed = {file: type_table(table) for file, table in text.items()}
    if place:
        typed["stops.txt"] = place(typed["stops.txt"])
    tables = check_relations(typed)
    tables["stop_times.txt"] = complete_times(tables["stop_times.txt"], tables["stops.txt"].rows)
    _require_stop_times(source, tables)
    service_days = compute_service_days(tables, reference_on + _SERVICE_DAYS_AHEAD, limits)
    found = [*listed.notes, *describe_feed(tables, service_days, reference_on)]
    if judge:
        others = {file: decode_file(file, data, encoding) for file, data in listed.others.items()}
        found += without_known(judge(files | others, reference_on), found)
    return Feed(
        tables=tables,
        timezone=_read_zone(tables),
        service_days=service_days,
        findings=tuple(found),
    )


def _require_files(
    source: SourceFile, files: Mapping[str, bytes], notes: tuple[Finding, ...]
) -> None:
    found = missing_files(files)
    if not found:
        return
    names = [each.file for each in found if each.code == "missing_required_file"]
    why = f"{', '.join(names)} is missing" if names else found[0].message_en
    raise FaultyFileError(f"{source.name}: {why}", [*found, *notes])


def _require_stop_times(source: SourceFile, tables: Tables) -> None:
    """Refuse a feed none of whose stop times can be used; one of on-demand rows alone has none."""
    stop_times = tables["stop_times.txt"]
    reasons = stop_times.faults.filter(pl.col("code") != "on_demand_service")
    if stop_times.rows.height or (stop_times.faults.height and reasons.is_empty()):
        return
    found = [each for table in tables.values() for each in describe_faults(table)]
    why = next(
        (
            f"{each.file} row {each.row_number}: {each.field or 'row'} {each.detail}"
            for each in found
        ),
        "it has no rows",
    )
    finding = Finding("no_usable_stop_time", stop_times.file, rows=stop_times.rows_in)
    raise FaultyFileError(
        f"{source.name}: no usable row in stop_times.txt: {why}", [finding, *found]
    )


def _worth(file: str, data: bytes) -> bool:
    """Return whether to read the file: an optional file may be empty."""
    return FILES[file].required or bool(data.strip())


def _read_zone(tables: Tables) -> str:
    agency = tables["agency.txt"]
    zones = agency.rows["agency_timezone"].unique().sort().to_list()
    if not zones:
        why = agency.faults["reason"].unique().sort().to_list() or ["it has no rows"]
        raise FaultyFileError(
            f"agency.txt: no agency is left: {', '.join(why)}",
            describe_faults(agency) or [Finding("empty_file", agency.file)],
        )
    if len(zones) != 1:
        raise _zone_refusal(
            "inconsistent_agency_timezone", f"one agency_timezone is needed, not {zones}"
        )
    try:
        ZoneInfo(zones[0])
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        reason = f"agency_timezone {zones[0]} does not exist"
        raise _zone_refusal("invalid_timezone", reason) from error
    return str(zones[0])


def _zone_refusal(code: str, why: str) -> FaultyFileError:
    finding = Finding(code, "agency.txt", field="agency_timezone", detail=why)
    return FaultyFileError(f"agency.txt: {why}", [finding])
