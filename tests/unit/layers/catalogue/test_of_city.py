"""The catalogue of a city: its channels as components, limits by kind, its own domains."""

import shutil
from pathlib import Path

import pytest

from geodata.city.channels import Channel
from geodata.city.configuration import City, load_city
from geodata.errors import CityError, DeclarationError
from layers.catalogue.digest import definition_digest
from layers.catalogue.domains import load_domains
from layers.catalogue.indicator import Indicator
from layers.catalogue.of_channels import with_channels
from layers.catalogue.registry import CATALOGUE, find_indicator, load_catalogue
from layers.catalogue.targets import load_goalposts, load_targets

CHANGCHUN = load_city("changchun")
CITIES = Path(__file__).resolve().parents[3] / "data" / "cities"
SAN_FRANCISCO = load_city(str(CITIES / "sanfrancisco"))
SHARE = "within_target_share"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of San Francisco's folder, to be edited before it is read."""
    folder = tmp_path / "sanfrancisco"
    shutil.copytree(CITIES / "sanfrancisco", folder)
    return folder


def limits(entry: Indicator) -> dict[str, float]:
    return entry.measures[0].limits_s  # type: ignore[union-attr]


def test_components_are_the_citys_channels() -> None:
    ours, theirs = (find_indicator(city, "incident_count") for city in (CHANGCHUN, SAN_FRANCISCO))
    assert ours.component_keys == ("110", "119", "120", "122", "12350")
    assert ours.components["119"].label_zh == "119 火警"
    assert theirs.component_keys == ("fire",)


def test_limits_go_by_kind() -> None:
    assert limits(find_indicator(CHANGCHUN, SHARE)) == {"119": 300, "120": 540}
    assert limits(find_indicator(SAN_FRANCISCO, SHARE)) == {"fire": 300}


def test_an_entry_all_of_whose_kinds_are_missing_is_not_there() -> None:
    police = Channel(key="p", kind="police", name_zh="警", name_en="Police", colour="text")
    assert with_channels(find_indicator(CHANGCHUN, SHARE), [police]) is None
    without = load_city(str(CITIES / "oahu"))
    assert SHARE not in load_catalogue(without)
    assert "down_mean_mbps" in load_catalogue(without)


def test_a_city_has_entries_of_its_domains_and_what_they_are_divided_by(copied: Path) -> None:
    (copied / "domains.yaml").write_text("- {key: emergency}\n", encoding="utf-8")
    catalogue = load_catalogue(load_city(str(copied)))
    assert {entry.domain for entry in catalogue.values()} == {"emergency", "context"}
    assert "residents" in catalogue  # below the line of a rate


def test_every_entry_of_the_program_is_shown_by_a_city() -> None:
    assert {path.stem for path in CATALOGUE.glob("*.yaml")} <= set(load_catalogue(CHANGCHUN))


def test_domains_are_chosen_renamed_and_added(copied: Path) -> None:
    rows = (
        "{key: health}",
        "{key: transit, label_en: Muni}",
        "{key: port, label_zh: 港, label_en: Port}",
    )
    text = "".join(f"- {row}\n" for row in rows)
    (copied / "domains.yaml").write_text(text, encoding="utf-8")
    domains = load_domains(load_city(str(copied)))
    assert [domain.labels for domain in domains.values()] == [
        ("医疗健康", "Health"), ("公共交通", "Muni"), ("港", "Port"),
    ]  # fmt: skip
    assert domains["transit"].colour == "transit"


def test_a_domain_that_stands_twice_is_refused(copied: Path) -> None:
    (copied / "domains.yaml").write_text("- {key: health}\n- {key: health}\n", encoding="utf-8")
    with pytest.raises(CityError, match=r"domains\.yaml: key: stands twice"):
        load_domains(load_city(str(copied)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("key: incident_count", "key: incident_count"), "the program has an indicator"),
        (("domain: emergency", "domain: seas"), "no domain 'seas'"),
    ],
)
def test_an_entry_of_the_city_alone_is_checked(
    copied: Path, change: tuple[str, str], message: str
) -> None:
    entry = (CATALOGUE / "incident_count.yaml").read_text(encoding="utf-8").replace(*change)
    key = "incident_count" if "program" in message else "ships"
    (copied / "indicators").mkdir()
    (copied / "indicators" / f"{key}.yaml").write_text(
        entry.replace("key: incident_count", f"key: {key}"), encoding="utf-8"
    )
    with pytest.raises(DeclarationError, match=message):
        load_catalogue(load_city(str(copied)))


def test_a_city_without_targets_compares_with_nothing() -> None:
    assert load_targets(SAN_FRANCISCO) == load_goalposts(SAN_FRANCISCO) == ()


def digest_of(city: City) -> str:
    return definition_digest(find_indicator(city, "incident_count"), city)


def test_states_follow_from_what_can_change_them(tmp_path: Path) -> None:
    """A scene changes no state; a channel's kind and a file of the city may."""

    def edited(name: str, file: str = "", text: str = "") -> str:
        folder = tmp_path / name / "sanfrancisco"
        shutil.copytree(CITIES / "sanfrancisco", folder)
        if file:
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        return digest_of(load_city(str(folder)))

    plain = edited("plain")
    assert plain == digest_of(SAN_FRANCISCO)
    assert edited("scene", "scenes/wall.yaml", "cards: {}") == plain
    assert edited("target", "targets.yaml", "targets: []") == plain
    channel = "- {key: fire, kind: %s, name_zh: 消防, name_en: Fire calls, colour: emergency}"
    assert edited("same", "channels.yaml", channel % "fire") == plain
    assert edited("other", "channels.yaml", channel % "medical") != plain
    boundaries = (CITIES / "sanfrancisco" / "districts.geojson").read_text("utf-8")
    assert edited("districts", "districts.geojson", boundaries + "\n") != plain
