from datetime import date
from pathlib import Path

import pytest

from geodata.city.configuration import load_city
from geodata.errors import DeclarationError, NotFoundError
from layers.build.compute import load_function
from layers.catalogue.indicator import StateClass
from layers.catalogue.measure import FunctionMeasure
from layers.catalogue.record_tables import record_schema
from layers.catalogue.registry import (
    CATALOGUE,
    find_indicator,
    load_catalogue,
    read_entries,
    resolve_component,
)
from layers.catalogue.targets import find_target, load_targets
from layers.documentation.indicators import build_documentation
from layers.errors import QueryError

CHANGCHUN = load_city("changchun")

ENTRY = (CATALOGUE / "incident_count.yaml").read_text(encoding="utf-8")
PAGE = Path(__file__).resolve().parents[4] / "docs" / "indicators.md"


def test_the_page_of_indicators_is_current():
    assert PAGE.read_text(encoding="utf-8") == build_documentation(CHANGCHUN)


@pytest.mark.parametrize("key", load_catalogue(CHANGCHUN))
def test_every_entry_can_be_built(key):
    entry = find_indicator(CHANGCHUN, key)
    for measure in entry.measures:
        if isinstance(measure, FunctionMeasure):
            assert callable(load_function(measure))
            continue
        assert measure.columns <= set(record_schema(measure.table).names)
    denominator = entry.denominator
    if denominator not in (None, "area_km2", "period_h"):
        assert find_indicator(CHANGCHUN, denominator).stock


def test_every_target_belongs_to_an_indicator_and_a_component():
    for target in load_targets(CHANGCHUN):
        resolve_component(find_indicator(CHANGCHUN, target.indicator), target.component)


def test_the_four_domains_have_at_least_three_indicators_each():
    domains = [entry.domain for entry in load_catalogue(CHANGCHUN).values()]
    assert all(domains.count(d) >= 3 for d in ("transit", "emergency", "broadband", "health"))


def write(folder, text, name="incident_count.yaml"):
    (folder / name).write_text(text, encoding="utf-8")


def test_an_unknown_key_is_refused_by_name(tmp_path):
    write(tmp_path, ENTRY + "colour: red\n")
    with pytest.raises(DeclarationError, match=r"incident_count\.yaml: colour"):
        read_entries(tmp_path)


def test_the_key_is_the_name_of_the_file(tmp_path):
    write(tmp_path, ENTRY, "other.yaml")
    with pytest.raises(DeclarationError, match="not the file's name"):
        read_entries(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "unknown"),
    [
        ("component: channel", "component: chanel", "chanel"),
        ("time: received_at", "time: recieved_at", "recieved_at"),
        ("- counted_events", "- {column: priorty, value: 一级}", "priorty"),
        ("kind: count", "kind: count\n    observed: even_id", "even_id"),
    ],
)
def test_a_column_that_the_table_does_not_have_is_named(tmp_path, old, new, unknown):
    write(tmp_path, ENTRY.replace(old, new))
    with pytest.raises(DeclarationError, match=rf"measures\.0: incident has no column {unknown};"):
        read_entries(tmp_path)


def test_a_quantile_belongs_to_class_q_only(tmp_path):
    write(tmp_path, ENTRY.replace("class: A", "class: A\nquantile: 0.9"))
    with pytest.raises(DeclarationError, match="quantile"):
        read_entries(tmp_path)


def test_components_are_resolved_or_refused():
    entry = find_indicator(CHANGCHUN, "incident_count")
    assert resolve_component(entry, "default") == "all"
    with pytest.raises(NotFoundError, match="999"):
        resolve_component(entry, "999")
    with pytest.raises(QueryError, match="cannot be merged"):
        resolve_component(find_indicator(CHANGCHUN, "down_mean_mbps"), "all")


def test_the_newest_target_of_the_component_counts():
    found = find_target(CHANGCHUN, "gnb_per_10k", "total", date(2026, 11, 22))
    assert found is not None
    assert (found.value, found.status) == (26, "B")
    earlier = find_target(CHANGCHUN, "gnb_per_10k", "total", date(2021, 6, 1))
    assert earlier is not None
    assert earlier.value == 12
    assert find_target(CHANGCHUN, "down_mean_mbps", "fixed", date(2026, 11, 22)) is None


def test_quantiles_say_which():
    for entry in load_catalogue(CHANGCHUN).values():
        assert (entry.quantile is not None) == (entry.state_class is StateClass.QUANTILE)
