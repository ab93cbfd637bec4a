"""OGC API - DGGS over H3: the requirements of 21-038r1 that the service claims."""

import h3
import pytest
import shapely

LAYER = "/collections/hex_residents/dggs/H3"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"


def _rels(document: dict) -> dict[str, str]:
    return {each["rel"].removeprefix(REL): each["href"] for each in document["links"]}


@pytest.mark.parametrize("origin", ["", "/collections/hex_residents"])
def test_the_grid_is_listed_described_and_defined(client, origin):
    listed = client.get(f"{origin}/dggs").json()["dggrs"]
    assert [each["id"] for each in listed] == ["H3"]
    assert {"self", "dggrs-definition"} == set(_rels(listed[0]))
    grid = client.get(f"{origin}/dggs/H3").json()
    assert {"self", "dggrs-definition", "dggrs-zone-query"} <= set(_rels(grid))
    assert {each["rel"].removeprefix(REL) for each in grid["linkTemplates"]} == {
        "dggrs-zone-info",
        "dggrs-zone-data",
    }
    assert (grid["defaultDepth"], grid["maxRefinementLevel"]) == (0, 8)
    definition = client.get(_rels(grid)["dggrs-definition"]).json()
    assert definition["dggh"]["definition"]["refinementRatio"] == 7


def test_a_zone_links_to_its_relatives(client):
    zone = h3.latlng_to_cell(43.88, 125.32, 7)
    found = client.get(f"{LAYER}/zones/{zone}").json()
    assert found["id"] == zone
    hrefs = {each["href"].rpartition("/")[2] for each in found["links"]}
    assert {h3.cell_to_parent(zone, 6), *h3.cell_to_children(zone, 8)} <= hrefs
    assert set(h3.grid_disk(zone, 1)) - {zone} <= hrefs
    assert found["areaMetersSquare"] == pytest.approx(h3.cell_area(zone, "m^2"), rel=1e-6)
    assert client.get(f"{LAYER}/zones/nonsense").status_code == 404


def test_zones_of_a_box_are_those_that_touch_it(client):
    box = (125.30, 43.86, 125.36, 43.90)
    plain = {"zone-level": 7, "compact-zones": False}
    everything = client.get(f"{LAYER}/zones", params=plain).json()["zones"]
    found = client.get(f"{LAYER}/zones", params={**plain, "bbox": ",".join(map(str, box))}).json()[
        "zones"
    ]
    area = shapely.box(*box)
    wanted = [
        zone
        for zone in everything
        if shapely.Polygon([(x, y) for y, x in h3.cell_to_boundary(zone)]).intersects(area)
    ]
    assert found == wanted
    assert 5 < len(found) < len(everything)
    west, south, east, north = box
    subset = f"Lon({west}:{east}),Lat({south}:{north})"
    assert client.get(f"{LAYER}/zones", params={**plain, "subset": subset}).json()["zones"] == found


def test_zones_of_a_parent_and_compact_lists_cover_the_same(client):
    parent = h3.cell_to_parent(h3.latlng_to_cell(43.88, 125.32, 8), 6)
    plain = {"zone-level": 8, "parent-zone": parent}
    each = client.get(f"{LAYER}/zones", params={**plain, "compact-zones": False}).json()["zones"]
    assert each
    assert all(h3.cell_to_parent(zone, 6) == parent for zone in each)
    packed = client.get(f"{LAYER}/zones", params=plain).json()["zones"]
    assert sorted(h3.uncompact_cells(packed, 8)) == sorted(each)
    assert sorted(packed) == sorted(h3.compact_cells(each))


def test_time_outside_the_published_period_has_no_zones(client):
    address = "/collections/incidents/dggs/H3/zones"
    inside = client.get(address, params={"datetime": "2026-10-05T00:00:00Z/.."})
    outside = client.get(address, params={"datetime": "../2020-01-01T00:00:00Z"})
    assert inside.json()["zones"]
    assert outside.json()["zones"] == []
    by_axis = client.get(address, params={"subset": 'time("2020-01-01")'})
    assert by_axis.json()["zones"] == []


def test_data_of_a_zone_are_the_features_of_its_children(client):
    with_value = {"filter": "value IS NOT NULL", "limit": 10_000}
    features = client.get("/collections/hex_residents/items", params=with_value).json()["features"]
    by_zone = {each["id"]: each["properties"]["value"] for each in features}
    parent = h3.cell_to_parent(next(iter(by_zone)), 6)
    found = client.get(f"{LAYER}/zones/{parent}/data?zone-depth=1-2").json()
    assert (found["zoneId"], found["depths"]) == (parent, [1, 2])
    packet = found["values"]["value"][1]
    children = sorted(h3.cell_to_children(parent, 8))
    assert packet["shape"]["subZones"] == len(children) == 49
    assert packet["data"] == [by_zone.get(zone) for zone in children]
    drawn = client.get(f"{LAYER}/zones/{parent}/data?zone-depth=2&f=geojson").json()["features"]
    assert {each["id"]: each["properties"]["value"] for each in drawn} == {
        zone: by_zone.get(zone) for zone in children
    }


def test_the_dataset_answers_for_all_layers_at_once(client):
    zone = h3.latlng_to_cell(43.88, 125.32, 7)
    found = client.get(f"/dggs/H3/zones/{zone}/data?zone-depth=1").json()
    assert {"residents.value", "incident_count.status"} <= set(found["values"])


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("zones?zone-level=9", 400),
        ("zones?bbox=1,2,3", 400),
        ("zones?bbox=1,2,3,4&subset=Lat(1:2)", 400),
        ("zones?subset=depth(1:2)", 400),
        ("zones?bbox=1,2,3,4&bbox-crs=EPSG:3857", 400),
        ("zones?datetime=yesterday", 400),
        ("zones/88754e6499fffff/data", 404),
        ("zones/8731766e0ffffff/data?zone-depth=4", 400),
    ],
)
def test_wrong_questions_are_refused(client, question, status):
    assert client.get(f"{LAYER}/{question}").status_code == status
