"""The kiosk by a role that may read the published schema and nothing else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from plotly.utils import PlotlyJSONEncoder
from sqlalchemy import Engine, event, insert, text
from sqlalchemy.exc import ProgrammingError

from commands.published import publish_layers
from dashboard.factory import build_page
from dashboard.page import discover
from dashboard.pages.kiosk.subject_map import coloured
from dashboard.read.cache import build_cache
from dashboard.read.context import ScreenContext
from dashboard.read.public import read_public_numbers
from dashboard.scenes.model import load_kiosk
from dashboard.wording.periods import stale_text
from geodata.city.configuration import City, load_city
from geodata.settings import Settings
from geodata.space.districts import read_districts
from geodata.tables import source_coverage
from layers.build.run import build_states
from layers.states.status import Status
from layers.values.read import ValueQuery, read_values
from tests.conftest import opened
from tests.integration.layers.conftest import (
    DAYS,
    FIRST,
    _others,
    make_add,
    make_emergencies,
    make_points,
)

NOW = "2026-11-12T04:00:00+00:00"
KEYS = ("residents", "within_target_share", "down_mean_mbps", "beds_per_1000")
CHANGCHUN = load_city("changchun")
SUBJECTS = load_kiosk(CHANGCHUN).subjects
DISTRICTS = [None, *read_districts(CHANGCHUN)["district_id"]]
FIRE = SUBJECTS["emergency"]


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCC_NOW", NOW)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def built(engine: Engine, city: City) -> Engine:
    """A city with calls, residents, hospitals and speed tests, built and not published."""
    add, points = make_add(engine, city), make_points(city)
    end = FIRST + timedelta(days=DAYS)
    number = add("incident", make_emergencies(points), source="incidents", event_to=end)
    covered = {"source": "incidents", "table_name": "incident", "starts_at": FIRST, "ends_at": end}
    with engine.begin() as connection:
        connection.execute(insert(source_coverage).values(load_id=number, **covered))
    records = _others(points)
    for table in ("population", "network_sample", "facility"):
        add(table, records[table], source=table, event_to=end)
    build_states(engine, city, KEYS)
    return engine


@pytest.fixture(scope="module")
def public(built: Engine) -> Iterator[Engine]:
    """An engine whose every connection is a role with the schema `published` and no more."""
    role = f"public_{uuid4().hex[:12]}"
    with built.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA published TO {role}"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA published TO {role}"))
        connection.execute(
            text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA published GRANT SELECT ON TABLES TO {role}")
        )
    with opened(built.url) as engine:

        @event.listens_for(engine, "connect")
        def become(connection, _) -> None:
            connection.execute(f"SET ROLE {role}")
            connection.commit()

        engine.dispose()
        yield engine
    with built.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))


@pytest.fixture(scope="module")
def context(public: Engine, city: City, data_dir) -> ScreenContext:
    """Screens that have no engine but the public one."""
    settings = Settings(data_dir=data_dir, database_url=None)
    return ScreenContext(public, city, settings, build_cache(settings, city), public)


@pytest.fixture(scope="module")
def published(built: Engine, city: City, data_dir) -> list[str]:
    patch = pytest.MonkeyPatch()
    patch.setenv("OCC_NOW", NOW)
    keys = [*KEYS, SUBJECTS["transit"].indicator]
    done = publish_layers(built, city, data_dir, keys)
    patch.undo()
    return done


def kiosk(context: ScreenContext, search: str = "") -> str:
    page = build_page(context, discover(), "/kiosk", search)
    return json.dumps(page, cls=PlotlyJSONEncoder, ensure_ascii=False)


def test_the_role_sees_nothing_else(public: Engine) -> None:
    for name in ("ops.incident", "ops.state", "ops.published_layer"):
        with public.connect() as connection, pytest.raises(ProgrammingError, match="denied"):
            connection.execute(text(f"SELECT count(*) FROM {name}"))


def test_before_anything_is_published_the_kiosk_says_so(context: ScreenContext) -> None:
    shown = kiosk(context, "?lang=en")
    assert shown.count("No figure that may be published yet (nothing has been published yet)") == (
        len(SUBJECTS)
    )
    assert "暂无可公布的数据 (尚未公布任何数据)" in kiosk(context)
    assert "badge-simulated" in shown


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_district_and_language_opens(
    context: ScreenContext, published: list[str], subject: str, lang: str
) -> None:
    names = read_districts(CHANGCHUN).set_index("district_id")
    for district_id in DISTRICTS:
        place = f"&district={district_id}" if district_id else ""
        shown = kiosk(context, f"?lang={lang}&subject={subject}{place}")
        name = names.loc[district_id, f"name_{lang}"] if district_id else ""
        assert f"subject domain-{subject} chosen" in shown
        assert f'"children": "{name}"' in shown or not name
        assert ("No figure that may be" in shown) == (lang == "en")  # of the buses, not loaded


def test_what_is_not_published_is_explained(context: ScreenContext, published: list[str]) -> None:
    assert "No figure that may be published yet (not loaded: " in kiosk(context, "?lang=en")


def test_the_numbers_are_the_published_ones_of_a_fixed_span(
    context: ScreenContext, built: Engine, city: City, published: list[str]
) -> None:
    assert "within_target_share_119_28d" in published
    found = read_public_numbers(context, FIRE)
    assert str(found.period) == "2026-10-05--2026-11-02"
    query = ValueQuery(FIRE.indicator, found.period, FIRE.component)
    own = {row["key"]: row for row in read_values(built, city, query).iter_rows(named=True)}
    shown = {key: each for key, each in found.districts.items() if each.value is not None}
    assert len(shown) > 2
    for key, each in found.districts.items():
        assert each.status == Status.SUPPRESSED or key in shown or own[key]["value"] is None
        assert (each.lo, each.hi, each.n) == (None, None, None)
    assert all(min(own[key]["num"], own[key]["den"]) not in range(1, 5) for key in shown)
    assert "2026-10-05 – 2026-11-01" in kiosk(context, "?lang=en")


def test_the_legend_is_made_of_shown_values(context: ScreenContext, published: list[str]) -> None:
    found = read_public_numbers(context, FIRE)
    shown = {key: each for key, each in found.values.items() if each.value is not None}
    assert len(shown) < len(found.values)
    assert coloured(found).breaks == coloured(replace(found, values=shown)).breaks


def test_a_number_published_long_after_its_records_is_out_of_date(
    context: ScreenContext, built: Engine, published: list[str]
) -> None:
    """Publishing may stop: the kiosk judges the age itself, and says it."""

    def told_until(interval: str) -> None:
        with built.begin() as connection:
            connection.execute(
                text(
                    "UPDATE ops.published_layer SET as_of = as_of + CAST(:by AS interval) "
                    "WHERE indicator = 'down_mean_mbps'"
                ),
                {"by": interval},
            )

    speed = SUBJECTS["broadband"]
    assert read_public_numbers(context, speed).value(None).status == Status.OK
    told_until("-2 years")
    found = read_public_numbers(context, speed)
    assert found.value(None).status == Status.STALE
    assert stale_text(found.layer.as_of, context.city.zone, "en") in kiosk(context, "?lang=en")
    told_until("2 years")


def test_every_view_of_the_schema_is_readable(
    public: Engine, built: Engine, published: list[str]
) -> None:
    listed = text("SELECT viewname FROM pg_views WHERE schemaname = 'published'")
    with built.connect() as connection:
        names = connection.scalars(listed).all()
    with public.connect() as connection:
        for name in names:
            connection.execute(text(f'SELECT * FROM published."{name}" LIMIT 1'))
    assert {"layer", "district_number", "all_district_values"} <= set(names)
