"""Stays in the resuscitation room, and health records by hashed person."""

from sqlalchemy import BigInteger, Column, Date, Identity, Index, Integer, Table, Text

from geodata.tables.columns import district_id, metadata, provenance, record_indexes, time_column

ed_visit = Table(
    "ed_visit",
    metadata,
    Column("ed_visit_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("hospital_id", Text, nullable=False),
    Column("visit_id", Text, nullable=False),
    time_column("arrived_at"),
    Column("triage_level", Integer),  # 1 most urgent to 4
    time_column("room_in_at", nullable=False),  # into the resuscitation room
    time_column("room_out_at"),
    Column("outcome", Text, nullable=False),  # discharged | admitted | transferred | died
    district_id(checked=False),
)
record_indexes(ed_visit, "hospital_id", "visit_id", spatial=False)
Index("ix_ed_visit_room_in", ed_visit.c.room_in_at)

health_record = Table(
    "health_record",
    metadata,
    Column("health_record_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("person_hash", Text, nullable=False),  # keyed hash made by the health authority
    Column("institution_id", Text, nullable=False),
    Column("year_on", Date, nullable=False),  # first day of the year that `entries` is about
    Column("opened_on", Date),
    Column("entries", Integer),  # entries made in the year; null: not reported
    district_id(checked=False),
)
record_indexes(health_record, "person_hash", "institution_id", "year_on", spatial=False)
