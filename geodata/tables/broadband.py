"""Premises of the address register by operator, and predicted radio coverage."""

from sqlalchemy import BigInteger, Column, Date, Float, Identity, Integer, Table, Text

from geodata.tables.columns import metadata, place, provenance, record_indexes

premise = Table(
    "premise",
    metadata,
    Column("premise_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("premise_id", Text, nullable=False),  # of the address register: a home, not a building
    Column(
        "operator", Text, nullable=False, server_default=""
    ),  # the operator that reports the service level
    Column("service_level", Integer, nullable=False),  # 1 connected, 2 passed, 3 neither
    *place(checked=False),
)
record_indexes(premise, "premise_id", "operator", spatial=False)

radio_prediction = Table(
    "radio_prediction",
    metadata,
    Column("radio_prediction_row", BigInteger, Identity(always=True), primary_key=True),
    *provenance(checked=False),
    Column("operator", Text, nullable=False),
    Column("pixel_id", Text, nullable=False),  # row and column of the operator's raster
    Column("predicted_on", Date),
    Column("rsrp_4g_dbm", Float),  # of the best server
    Column("rsrp_5g_dbm", Float),
    Column("sinr_5g_db", Float),
    *place(checked=False),
)
record_indexes(radio_prediction, "operator", "pixel_id", spatial=False)
