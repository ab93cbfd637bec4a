"""Indexes on `retired_by`, by which a build finds the records that a load retired."""

from sqlalchemy import Index
from sqlalchemy.sql.expression import text

from geodata.tables.ledger import source_coverage
from geodata.tables.observed import dispatch_trip, stop_event
from geodata.tables.records import facility, incident, network_sample, statistic
from geodata.tables.transit import departure

RETIRED_INDEXES = tuple(
    Index(
        f"ix_{table.name}_retired",
        table.c.retired_by,
        postgresql_where=text("retired_by IS NOT NULL"),
    )
    for table in (
        departure,
        dispatch_trip,
        facility,
        incident,
        network_sample,
        source_coverage,
        statistic,
        stop_event,
    )
)
