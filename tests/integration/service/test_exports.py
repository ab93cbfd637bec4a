"""The DCAT catalogue and the NGSI-LD indicators."""

from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import RDF, Graph
from rdflib.namespace import DCAT, FOAF

from geodata.http.problems import PROBLEM_JSON
from geodata.published.reading import read_districts_of

SHAPES = Path(__file__).with_name("dcat_ap.ttl")


def test_the_catalogue_names_licence_provenance_time_and_where_to_get_it(client):
    found = client.get("/catalogue").json()
    by_name = {each["dct:identifier"]: each for each in found["dcat:dataset"]}
    assert {"incidents", "incident_count", "residents", "districts"} <= set(by_name)
    layer = by_name["incident_count"]
    assert layer["dct:license"][0]["rdfs:label"] == "CC0-1.0"
    assert "SIMULATED" in layer["dct:provenance"]["rdfs:label"]
    assert layer["dct:temporal"]["dcat:startDate"]["@value"].startswith("2026-09-30T16:00")
    sources = {each["@id"] for each in found["dcat:dataset"]}
    assert all(each["@id"] in sources for each in layer["prov:wasDerivedFrom"])
    for each in layer["dcat:distribution"]:
        path = each["dcat:accessURL"]["@id"].partition("/ogc")[2]
        assert client.get(path).status_code == 200, path


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")  # rdflib's own
def test_the_catalogue_is_valid_by_the_shapes_of_dcat_ap(client):
    text = client.get("/catalogue").text
    graph = Graph().parse(data=text, format="json-ld")
    conforms, _, report = validate(graph, shacl_graph=SHAPES.read_text("utf-8"))
    assert conforms, report
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) > 5
    graph.remove((None, FOAF.name, None))
    assert not validate(graph, shacl_graph=SHAPES.read_text("utf-8"))[0]


def test_indicators_are_ngsi_ld_entities(client, published):
    address = "/ngsi-ld/v1/entities?indicator=call_to_arrival_p90"
    found = client.get(address).json()
    with published.connect() as connection:
        rows = read_districts_of(connection, "call_to_arrival_p90")
    values = dict(rows.select("district_id", "value").iter_rows())
    assert len(found) == len(values)
    assert sum(value is not None for value in values.values()) > 3
    for each in found:
        place = each["area"]["value"]
        assert each["id"].endswith(f":call_to_arrival_p90:{place}")
        assert each["type"] == "KeyPerformanceIndicator"
        assert each["provenance"]["value"] == "SIMULATED · 模拟数据"
        assert {"unit", "license", "version", "dateObserved", "status"} <= set(each)
        assert ("location" in each) == (place != "unknown")
        if values[place] is None:  # said by a row that has no value, and not by none
            assert "kpiValue" not in each
            continue
        assert each["kpiValue"] == {
            "type": "Property",
            "value": values[place],
            "unitCode": "SEC",
            "observedAt": "2026-10-31T16:00:00Z",
        }
    plain = client.get(address + "&options=keyValues").json()
    assert {each["area"]: each.get("kpiValue") for each in plain} == values


def _asked(client, **query) -> list[dict]:
    answer = client.get("/ngsi-ld/v1/entities", params={"options": "keyValues", **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_entities_are_found_by_type_id_and_attributes(client):
    everything = _asked(client, limit=1000)
    assert _asked(client, type="KeyPerformanceIndicator", limit=1000) == everything
    assert _asked(client, type="Vehicle") == []
    one = everything[3]
    assert _asked(client, id=one["id"]) == [one]
    single = client.get(f"/ngsi-ld/v1/entities/{one['id']}", params={"options": "keyValues"})
    assert single.json() == one
    assert client.get("/ngsi-ld/v1/entities/urn:none").status_code == 404
    short = _asked(client, attrs="kpiValue", limit=1000)
    assert all(set(each) == {"@context", "id", "type", "kpiValue"} for each in short)
    assert len(short) == sum("kpiValue" in each for each in everything)


def test_entities_are_found_by_what_their_attributes_say(client):
    everything = _asked(client, limit=1000)
    queries = {
        "kpiValue>100": lambda each: each.get("kpiValue", 0) > 100,
        'alternateName=="E1"': lambda each: each["alternateName"] == "E1",
        "kpiValue==10..500": lambda each: 10 <= each.get("kpiValue", 0) <= 500,
        "!kpiValue": lambda each: "kpiValue" not in each,
        'unitCode=="SEC","E20"': lambda each: each["unitCode"] in ("SEC", "E20"),
        'kpiValue>100;unitCode!="SEC"|area==changchun': lambda each: (
            (each.get("kpiValue", 0) > 100 and each["unitCode"] != "SEC")
            or each["area"] == "changchun"
        ),
    }
    for q, meets in queries.items():
        wanted = [each["id"] for each in everything if meets(each)]
        assert [each["id"] for each in _asked(client, q=q, limit=1000)] == wanted, q
        assert len(wanted) < len(everything), q


def test_entities_are_found_by_where_they_are(client):
    point = {"geometry": "Point", "coordinates": "[125.32,43.88]", "indicator": "residents"}
    inside = {each["area"] for each in _asked(client, georel="intersects", **point)}
    near = {each["area"] for each in _asked(client, georel="near;maxDistance==15000", **point)}
    far = {each["area"] for each in _asked(client, georel="near;minDistance==15001", **point)}
    assert "changchun" in inside < near
    assert not near & far
    assert near | far == {each["area"] for each in _asked(client, indicator="residents")} - {
        "unknown"
    }


def test_entities_come_in_pages(client):
    everything = [each["id"] for each in _asked(client, limit=1000)]
    address = "/ngsi-ld/v1/entities?limit=7&count=true&attrs=kpiValue,name&options=keyValues"
    found = []
    while address:
        answer = client.get(address)
        assert answer.headers["ngsild-results-count"] == str(len(everything))
        found += [each["id"] for each in answer.json()]
        address = answer.links.get("next", {}).get("url", "")
    assert found == everything


def test_the_context_stands_inside_or_beside(client):
    inside = client.get("/ngsi-ld/v1/entities?limit=1")
    assert inside.headers["content-type"] == "application/ld+json"
    assert "@context" in inside.json()[0]
    beside = client.get("/ngsi-ld/v1/entities?limit=1", headers={"Accept": "application/json"})
    assert beside.headers["content-type"] == "application/json"
    assert "@context" not in beside.json()[0]
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in beside.headers["link"]


@pytest.mark.parametrize(
    "query",
    [
        "q=kpiValue>1..2",
        "q=(kpiValue>1)",
        "q=kpiValue~=x",
        "q=",
        "georel=near",
        "georel=near;maxDistance==-1&geometry=Point&coordinates=[1,2]",
        "georel=intersects&geometry=Point&coordinates=[[1,2]]",
        "georel=intersects&geometry=Point&coordinates=[200,2]",
        "georel=intersects&geometry=Point&coordinates=[1e999,2]",
        "georel=intersects&geometry=Polygon&coordinates=" + "[" * 900,
        "georel=beside&geometry=Point&coordinates=[1,2]",
        "geometry=Point",
        "geoproperty=area&georel=within",
        "options=none",
        "limit=0",
        "limit=x",
        "type=A&type=B",
        "idPattern=.*",
    ],
)
def test_a_query_that_is_not_understood_is_refused(client, query):
    answer = client.get("/ngsi-ld/v1/entities?" + query)
    assert answer.status_code == 400, answer.text[:300]
    assert answer.headers["content-type"] == PROBLEM_JSON


def test_every_name_of_an_entity_is_in_the_bundled_context(client):
    entity = client.get("/ngsi-ld/v1/entities?indicator=residents").json()[0]
    context = client.get(entity["@context"][0].partition("/ogc")[2]).json()["@context"]
    assert set(entity) - {"@context"} <= set(context)
    assert set(entity["kpiValue"]) <= set(context)
