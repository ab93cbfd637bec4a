"""Cities as configuration: what is accepted, what is refused, and with which words."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from geodata.city.channels import Channel
from geodata.city.configuration import CITIES, City, load_city
from geodata.city.facility_kinds import FacilityKind
from geodata.errors import CityError

CONFIGURED = Path(__file__).parents[3] / "data" / "cities"
OWN_CITIES = sorted(path.parent.name for path in CITIES.glob("*/city.yaml"))

MINIMAL = {
    "code": "tiny",
    "name_zh": "小城",
    "name_en": "Tiny",
    "title_zh": "小城运行中心",
    "title_en": "Tiny Operations Center",
    "timezone": "Asia/Shanghai",
    "metric_crs": 4551,
    "bounds": [125, 43, 126, 44],
    "camera": {"lon": 125.5, "lat": 43.5, "zoom": 10},
    "districts": {
        "from_cells": [
            {
                "district_id": "t",
                "name_zh": "小区",
                "name_en": "Tiny District",
                "kind": "district",
                "file": "cells.csv",
            }
        ]
    },
}


@pytest.fixture
def write_city(tmp_path):
    """A function that writes a city's folder with some keys changed and returns its path."""

    def write(folder="tiny", text=None, **changes):
        path = tmp_path / folder
        path.mkdir()
        (path / "cells.csv").write_text("id\n88317662a5fffff\n")
        content = text or yaml.safe_dump(MINIMAL | changes, allow_unicode=True)
        (path / "city.yaml").write_text(content, encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize("code", OWN_CITIES)
def test_every_city_of_ours_is_complete(code):
    city = load_city(code)
    assert city.code == code
    west, south, east, north = city.bounds
    assert west < city.camera.lon < east
    assert south < city.camera.lat < north
    assert city.res_city <= city.res_district <= city.res_street
    assert city.name_zh
    assert city.title_en


def test_changchun_is_what_the_city_is_called():
    city = load_city("changchun")
    assert (city.name_zh, city.name_en) == ("长春市", "Changchun")
    assert city.metric_crs == 4551
    assert city.datum == "gcj02"
    assert city.zone.key == "Asia/Shanghai"
    assert load_city("changchun") is city, "read once a process"


def test_a_city_may_lie_anywhere():
    absolute = load_city(str(CONFIGURED / "portoalegre"))
    assert absolute.name_en == "Porto Alegre"
    for folder in (CONFIGURED, CONFIGURED / "portoalegre"):
        assert load_city("portoalegre", folder) is absolute
        assert load_city("changchun", folder).name_en == "Changchun"


def test_an_unknown_city_says_where_it_was_looked_for():
    with pytest.raises(CityError, match=r"'atlantis'.*cities/atlantis/city\.yaml"):
        load_city("atlantis")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "red"}, "colour: Extra inputs"),
        ({"camera": {"lon": 125.5, "lat": 95, "zoom": 10}}, "camera.lat: Input should be less"),
        ({"timezone": "Asia/Changchun"}, "timezone: .*IANA"),
        ({"bounds": [126, 43, 125, 44]}, "bounds: .*west, south, east, north"),
        ({"datum": "gcj02"}, "as a whole: .*datum_area"),
        ({"districts": {}}, "districts: .*file or from_cells"),
        ({"stations": "none.csv"}, "stations: no file .*none.csv"),
        ({"res_city": 11}, "res_city"),
        ({"metric_crs": "UTM"}, "metric_crs"),
        (
            {
                "holidays": [
                    {
                        "starts_on": "2026-01-02",
                        "ends_on": "2026-01-01",
                        "name_zh": "元旦",
                        "name_en": "New Year",
                    }
                ]
            },
            "holidays.0: .*before",
        ),
    ],
)
def test_what_is_wrong_is_named_by_file_and_key(write_city, changes, message):
    path = write_city(**changes)
    with pytest.raises(CityError, match=rf"tiny/city\.yaml: {message}"):
        load_city(path)


@pytest.mark.parametrize("text", ["code: [", "just text", "- a list"])
def test_what_is_no_configuration_at_all_is_refused(write_city, text):
    path = write_city(text=text)
    with pytest.raises(CityError, match=r"tiny/city\.yaml"):
        load_city(path)


def test_the_code_is_the_folder(write_city):
    path = write_city(folder="small")
    with pytest.raises(CityError, match="code: is 'tiny' but the folder is 'small'"):
        load_city(path)


def test_defaults_of_the_minimal_city(write_city):
    city = load_city(write_city())
    assert (city.res_city, city.res_district, city.res_street) == (7, 8, 9)
    assert (city.datum, city.datum_area, city.population) == ("wgs84", None, None)
    assert list(city.files()) == ["districts.from_cells.0.file"]


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 1), False),  # New Year's Day
        (date(2026, 1, 4), True),  # Sunday worked for it
        (date(2026, 2, 14), True),  # Saturday worked for the Spring Festival
        (date(2026, 2, 23), False),  # Monday, its last day
        (date(2026, 2, 24), True),
        (date(2026, 10, 10), True),  # Saturday worked for National Day
        (date(2026, 11, 21), False),  # a plain Saturday
        (date(2026, 11, 23), True),  # a plain Monday
    ],
)
def test_working_days_of_2026_in_changchun(day, works):
    assert load_city("changchun").is_working_day(day) is works


def test_holidays_of_2026_are_33_days_and_6_made_up():
    holidays = load_city("changchun").holidays
    assert sum((span.ends_on - span.starts_on).days + 1 for span in holidays) == 33
    assert sum(len(span.make_up_on) for span in holidays) == 6
    assert all(day.weekday() >= 5 for span in holidays for day in span.make_up_on)


@pytest.mark.parametrize("code", OWN_CITIES)
def test_every_shipped_file_has_its_source_and_its_notice(code):
    city = load_city(code)
    sources = (city.folder / "SOURCES.md").read_text(encoding="utf-8")
    notice = (CITIES.parent / "NOTICE").read_text(encoding="utf-8")
    for file in city.files().values():
        assert f"`{file.name}`" in sources
        assert file.name in notice


@pytest.mark.parametrize(
    "key",
    sorted({*City.model_fields, *Channel.model_fields, *FacilityKind.model_fields} - {"code"}),
)
def test_every_key_is_explained(key):
    explained = (CITIES / "README.md").read_text(encoding="utf-8")
    assert f"`{key}" in explained


@pytest.mark.parametrize("code", OWN_CITIES)
def test_every_file_of_a_city_is_explained(code):
    explained = (CITIES / "README.md").read_text(encoding="utf-8")
    city = load_city(code)
    named = {*city.files().values(), city.folder / "SOURCES.md"}
    for path in city.folder.rglob("*"):
        if path.is_file() and path not in named:
            name = path.relative_to(city.folder).as_posix()
            assert f"`{name}`" in explained or f"`{path.parent.name}/<key>.yaml`" in explained, name


def test_channels_of_a_city_and_of_one_without_any(write_city):
    keys = [channel.key for channel in load_city("changchun").channels]
    assert keys == ["110", "122", "120", "119", "12350"]
    assert load_city(write_city()).channels == ()
    (fire,) = load_city(str(CONFIGURED / "sanfrancisco")).channels
    assert (fire.key, fire.kind, fire.number) == ("fire", "fire", "")
    assert fire.short == ("消防", "Fire calls")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {key: a, kind: fire, name_zh: 甲, name_en: A, colour: red;}", "0.colour: .*pattern"),
        ("- {key: a, kind: space, name_zh: 甲, name_en: A, colour: text}", "0.kind: "),
        (
            "[{key: a, kind: fire, name_zh: 甲, name_en: A, colour: text},"
            " {key: a, kind: fire, name_zh: 甲, name_en: A, colour: text}]",
            "two channels share one",
        ),
    ],
)
def test_a_wrong_channel_is_named_by_file_and_key(write_city, text, message):
    path = write_city()
    (Path(path) / "channels.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CityError, match=rf"tiny/channels\.yaml: .*{message}"):
        load_city(path)


def test_facility_kinds_are_chosen_renamed_and_added(write_city):
    path = write_city()
    text = (
        "- {key: school}\n- {key: hospital, label_en: Clinics}\n"
        "- {key: pier, label_zh: 码头, label_en: Piers, colour: '#3fa7d6'}"
    )
    (Path(path) / "facility_kinds.yaml").write_text(text, encoding="utf-8")
    kinds = load_city(path).facility_kinds
    assert [(kind.key, kind.label_zh, kind.label_en, kind.colour) for kind in kinds] == [
        ("school", "学校", "Schools", "text"),
        ("hospital", "医院", "Clinics", "text"),
        ("pier", "码头", "Piers", "#3fa7d6"),
    ]


def test_a_city_without_the_file_has_the_kinds_the_program_knows(write_city):
    assert "hospital" in [kind.key for kind in load_city(write_city()).facility_kinds]


def test_a_kind_nobody_knows_needs_its_names(write_city):
    path = write_city()
    (Path(path) / "facility_kinds.yaml").write_text("- {key: pier}", encoding="utf-8")
    with pytest.raises(CityError, match=r"facility_kinds\.yaml: 0\.label_zh"):
        load_city(path)
