"""Tells of the districts that a source of residents covers only in part: it adds nothing there."""

from collections.abc import Iterable

from sqlalchemy import Connection

from etl.ledger.coverage import CoverageSpan
from etl.ledger.findings import Finding
from geodata.queries.residents import read_counts
from geodata.tables import NO_DISTRICT

_CODE = "covers_part_of_district"


def find_uncovered(
    connection: Connection, source: str, declared: Iterable[CoverageSpan], file: str
) -> list[Finding]:
    """Return a finding for each district and vintage for which the source just loaded is not heard.

    `declared` is the coverage that this load is about to write.
    """
    promised = {span.district_id for span in declared}
    if None in promised:
        return []
    counts = read_counts(connection)
    mute = counts.filter(source=source, covers=False, speaks=False)
    listed = mute.filter(~mute["district_id"].is_in([*promised, *NO_DISTRICT]))
    columns = ("district_id", "vintage_on", "covered_share", "units", "residents")
    return [
        Finding(
            _CODE, file, None, "district_id", units,
            f"{place} {vintage}: {_percent(share)}, {people:,.0f}",
        )
        for place, vintage, share, units, people in listed.select(columns).iter_rows()
    ]  # fmt: skip


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
