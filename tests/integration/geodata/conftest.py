"""Databases with their real roles, and the records of two districts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from geodata.database.engines import Engines, get_engines
from geodata.database.migrate import upgrade
from geodata.identity.readable_districts import readable_districts
from geodata.settings import Settings
from tests.conftest import DatabaseFactory

A, B = "chaoyang", "nanguan"


def given(url, folder: Path) -> Settings:
    """Settings whose DATABASE_URL is an address."""
    address = url.render_as_string(hide_password=False)
    return Settings(data_dir=folder).model_copy(update={"database_url": address})


@pytest.fixture(scope="module")
def engines(
    create_database: DatabaseFactory, template_database: str, tmp_path_factory
) -> Iterator[Engines]:
    """The engines of a database that a superuser made and handed over."""
    settings = given(create_database(template_database), tmp_path_factory.mktemp("data"))
    made = get_engines(settings, readable_districts)
    upgrade(made.owner)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def recorded(engines: Engines) -> Engines:
    """Records of two districts in every table whose rows are seen by district or not by all."""
    with engines.writer.begin() as connection:
        for statement in _RECORDS:
            connection.execute(text(statement))
    return engines


def _each(table: str, columns: str, values: str) -> list[str]:
    """Statements that add a row of each district; `@` stands for the district."""
    return [
        f"INSERT INTO {table} (source, load_id, district_id, {columns}) "
        f"VALUES ('s', 1, '{each}', {values.replace('@', each)})"
        for each in (A, B)
    ]


_RECORDS = [
    "INSERT INTO load (source, table_name, file, sha256, status, provenance, owner, licence,"
    " started_at, finished_at, rows_in, rows_loaded, rows_rejected, records) VALUES ('s',"
    " 'incident', 'f', 'x', 'loaded', 'real', 'o', 'l', now() - interval '1 day',"
    " now() - interval '1 day', 2, 2, 0, 2)",
    *_each(
        "incident",
        "record_id, event_id, channel, received_at, address",
        "'r-@', 'e-@', '120', now() - interval '1 hour', '@ street 1'",
    ),
    *_each(
        "incident",
        "record_id, event_id, channel, received_at",
        "'x-@', 'f-@', '119', now() - interval '1 hour'",
    ),
    *_each("ed_visit", "hospital_id, visit_id, room_in_at, outcome", "'h', '@', now(), 'died'"),
    *_each("health_record", "person_hash, institution_id, year_on", "'@', 'i', '2026-01-01'"),
    *_each("network_sample", "sample_id, kind, technology, sampled_at",
           "'@', 'speed_test', 'fixed', now()"),
    *_each("premise", "premise_id, service_level", "'@', 1"),
    "INSERT INTO rejected_row (load_id, file, reason, raw)"
    " VALUES (1, 'f', 'no time', '{\"address\": \"chaoyang street 1\"}')",
    *(
        "INSERT INTO event_candidate (first_source, first_record_id, second_source,"
        f" second_record_id, distance_m, gap_s, found_at) VALUES ('s', 'r-{each}', 's', 'x-{each}',"
        " 1, 1, now())"
        for each in (A, B)
    ),
    "INSERT INTO event_candidate (first_source, first_record_id, second_source, second_record_id,"
    f" distance_m, gap_s, found_at) VALUES ('s', 'r-{A}', 's', 'x-{B}', 1, 1, now())",
]  # fmt: skip
