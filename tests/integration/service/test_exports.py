"""The DCAT catalogue and the NGSI-LD indicators."""

from geodata.published.reading import read_districts_of


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


def test_indicators_are_ngsi_ld_entities(client, published):
    address = "/ngsi-ld/v1/entities?indicator=call_to_arrival_p90"
    found = client.get(address).json()
    with published.connect() as connection:
        rows = read_districts_of(connection, "call_to_arrival_p90")
    values = dict(rows.select("district_id", "value").iter_rows())
    assert len(found) == sum(value is not None for value in values.values()) > 3
    for each in found:
        place = each["area"]["value"]
        assert each["id"].endswith(f":call_to_arrival_p90:{place}")
        assert each["type"] == "KeyPerformanceIndicator"
        assert each["kpiValue"] == {
            "type": "Property",
            "value": values[place],
            "unitCode": "SEC",
            "observedAt": "2026-10-31T16:00:00Z",
        }
    plain = client.get(address + "&options=keyValues").json()
    assert {each["area"]: each["kpiValue"] for each in plain} == {
        key: value for key, value in values.items() if value is not None
    }


def test_every_name_of_an_entity_is_in_the_bundled_context(client):
    entity = client.get("/ngsi-ld/v1/entities?indicator=residents").json()[0]
    context = client.get(entity["@context"][0].partition("/ogc")[2]).json()["@context"]
    assert set(entity) - {"@context"} <= set(context)
    assert set(entity["kpiValue"]) <= set(context)
