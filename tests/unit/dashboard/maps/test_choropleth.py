"""Districts as the map takes them."""

from dashboard.maps.choropleth import MOST_CLASSES, district_values, public_choropleth
from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator

CHANGCHUN = load_city("changchun")


def test_districts_keep_value_and_status_and_the_unknown_one_is_left_out():
    rows = [("220102", 11.3, 0), ("220105", None, 2), ("unknown", 4.0, 0)]
    assert district_values(rows) == {
        "220102": {"value": 11.3, "status": 0},
        "220105": {"value": None, "status": 2},
    }


def test_public_classes_are_made_of_what_is_shown():
    beds = find_indicator(CHANGCHUN, "beds_per_1000")
    rows = [(str(key), float(key), 0) for key in range(1, 12)]
    withheld = [(key, None, 7) if key == "11" else (key, value, 0) for key, value, _ in rows]
    drawn = public_choropleth(beds, None, district_values(withheld))
    assert drawn.values["11"] == {"value": None, "status": 7}
    assert max(drawn.breaks) < 10
    assert len(drawn.palette) == len(drawn.breaks) + 1 <= MOST_CLASSES
    nothing = public_choropleth(beds, None, district_values([("1", None, 2)]))
    assert (nothing.breaks, len(nothing.palette)) == ([], 1)
