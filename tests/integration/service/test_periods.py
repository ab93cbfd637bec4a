"""Any published period of a layer by every door: features, zones, indicators, metadata."""

import csv
import io

import polars as pl
import pyarrow as pa
import pytest
from sqlalchemy import text

from geodata.published.layers import read_periods
from layers.build.run import build_states
from layers.disclosure.publish import publish_layers
from layers.period import Period
from layers.values.read import ValueQuery, read_values

HEX, NAME = "hex_down_mean_mbps", "down_mean_mbps"
OCTOBER, NOVEMBER = "2026-10", "2026-11"
ITEMS = f"collections/{HEX}/items"


def features(client, **query) -> dict[str, dict]:
    answer = client.get(ITEMS, params={"limit": 10000, **query})
    assert answer.status_code == 200, answer.text
    return {each["id"]: each["properties"] for each in answer.json()["features"]}


def engine_values(engine, city, period: str) -> dict[int, float]:
    query = ValueQuery(NAME, Period.parse(period), by="cell", res=8)
    rows = read_values(engine, city, query).filter(pl.col("value").is_not_null())
    return dict(rows.select("key", "value").iter_rows())


def test_a_layer_keeps_its_periods_and_people_only_those_that_are_over(published):
    with published.connect() as connection:
        periods = read_periods(connection)
    assert [each.period for each in periods[NAME]] == [NOVEMBER, OCTOBER]
    assert [each.is_newest for each in periods[NAME]] == [True, False]
    assert [each.period for each in periods["incident_count"]] == [OCTOBER]


@pytest.mark.parametrize("period", [OCTOBER, NOVEMBER])
def test_items_of_a_period_are_the_engines_own(client, published, city, period: str):
    shown = features(client, period=period)
    assert {each["period"] for each in shown.values()} == {period}
    wanted = engine_values(published, city, period)
    assert len(wanted) > 100
    assert {
        int(key.partition("@")[0], 16): each["value"]
        for key, each in shown.items()
        if each["value"] is not None
    } == pytest.approx(wanted)


def test_without_a_period_the_newest_keeps_its_plain_ids(client):
    newest = features(client)
    assert {each["period"] for each in newest.values()} == {NOVEMBER}
    assert not any("@" in key for key in newest)
    dated = features(client, period=NOVEMBER)
    assert {key.partition("@")[0] for key in dated} == set(newest)


def test_a_feature_is_found_by_its_dated_id(client):
    key, properties = next(iter(features(client, period=OCTOBER).items()))
    found = client.get(f"{ITEMS}/{key}").json()
    assert (found["id"], found["properties"]) == (key, properties)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (ITEMS, {}),
        ("collections/district_values/items", {"indicator": NAME}),
        ("collections/district_values/items", {}),
        ("ngsi-ld/v1/entities", {"indicator": NAME}),
        ("ngsi-ld/v1/entities", {}),
        (f"collections/{HEX}/dggs/H3/zones", {}),
        (f"collections/{HEX}/tiles/WebMercatorQuad/9/433/186", {}),
    ],
)
def test_an_unknown_period_is_refused_and_the_published_ones_are_named(client, path, query):
    answer = client.get(path, params={**query, "period": "1999-01"})
    assert answer.status_code == 404
    known = answer.json()["detail"].partition("published: ")[2].split(", ")
    assert known == list(dict.fromkeys(known))
    assert {OCTOBER, NOVEMBER} <= set(known)


def test_csv_and_districts_of_a_period(client, published, city):
    rows = list(
        csv.DictReader(
            io.StringIO(
                client.get(
                    "collections/district_values/items",
                    params={"indicator": NAME, "period": OCTOBER, "f": "csv", "limit": 100},
                ).content.decode("utf-8-sig")
            )
        )
    )
    asked = read_values(published, city, ValueQuery(NAME, Period.parse(OCTOBER)))
    wanted = dict(asked.select("key", "value").iter_rows())
    assert len(rows) == 11
    assert {row["district_id"]: float(row["value"]) for row in rows if row["value"]} == (
        pytest.approx({row["district_id"]: wanted[row["district_id"]] for row in rows
                       if wanted[row["district_id"]] is not None})
    )  # fmt: skip


def test_entities_and_zones_of_a_period(client):
    asked = {"indicator": NAME, "options": "keyValues"}
    begins = {
        period: {
            each["calculationPeriod"]["from"]
            for each in client.get(
                "ngsi-ld/v1/entities", params={**asked, **({"period": period} if period else {})}
            ).json()
        }
        for period in (OCTOBER, NOVEMBER, "")
    }
    assert begins == {
        OCTOBER: {"2026-09-30T16:00:00Z"},
        NOVEMBER: {"2026-10-31T16:00:00Z"},
        "": {"2026-10-31T16:00:00Z"},
    }
    zones = f"collections/{HEX}/dggs/H3/zones"
    plain = {"compact-zones": False, "zone-level": 8}
    october, november, during = (
        set(client.get(zones, params={**plain, **chosen}).json()["zones"])
        for chosen in (
            {"period": OCTOBER},
            {"period": NOVEMBER},
            {"datetime": "2026-10-05T00:00:00Z/2026-11-05T00:00:00Z"},
        )
    )
    assert october != november
    assert during == october | november
    zone = next(iter(october))
    values = {
        period: client.get(f"{zones}/{zone}/data", params={"period": period}).json()["values"]
        for period in (OCTOBER,)
    }
    own = features(client, period=OCTOBER)[f"{zone}@{OCTOBER}"]
    assert values[OCTOBER]["value"][0]["data"] == [own["value"]]


def test_a_collection_names_its_periods(client):
    described = client.get(f"collections/{HEX}").json()
    assert described["periods"] == [NOVEMBER, OCTOBER]
    intervals = described["extent"]["temporal"]["interval"]
    assert intervals[0][0] == intervals[2][0]
    assert intervals[0][1] == intervals[1][1]
    listed = client.get("collections").json()["collections"]
    assert not any(each["id"].startswith("all_") for each in listed)


def test_a_period_that_nothing_changed_in_stays_as_it_was_written(published, city, data_dir):
    def written() -> dict[str, object]:
        with published.connect() as connection:
            found = read_periods(connection)[NAME]
        assert len({each.version for each in found}) == 1
        return {each.period: each.published_at for each in found}

    def change_november(faster_kbps: int) -> list[str]:
        with published.begin() as connection:
            connection.execute(
                text(
                    "UPDATE ops.network_sample SET down_kbps = down_kbps + :more "
                    "WHERE sampled_at >= '2026-11-03' AND technology = 'mobile'"
                ),
                {"more": faster_kbps},
            )
        build_states(published, city, [NAME], full=True)
        return publish_layers(published, city, data_dir, [NAME])

    before = written()
    assert NAME in change_november(1000)
    after = written()
    assert after[OCTOBER] == before[OCTOBER]
    assert after[NOVEMBER] > before[NOVEMBER]
    assert NAME in change_november(-1000)


@pytest.mark.parametrize("period", [OCTOBER, NOVEMBER])
def test_a_table_says_of_which_period_its_rows_are(client, period: str):
    answer = client.get(ITEMS, params={"period": period, "f": "arrow"})
    table = pa.ipc.open_stream(answer.content).read_all()
    assert set(table["period"].to_pylist()) == {period}
    assert table.schema.metadata[b"period"].decode() == period
    both = client.get(ITEMS, params={"datetime": "2026-10-20/2026-11-05", "f": "arrow"})
    table = pa.ipc.open_stream(both.content).read_all()
    assert set(table["period"].to_pylist()) == {OCTOBER, NOVEMBER}
    assert len(set(table["id"].to_pylist())) == len(table) > 0
    assert table.schema.metadata[b"period"].decode() == f"{OCTOBER}, {NOVEMBER}"
