"""Held loads on the command line, as alerts and on their page."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from commands import held, sources
from dashboard.pages.loads.held import held_section
from etl.source.data_places import DataPlaces
from geodata.clock import now
from geodata.errors import LoadError, NotFoundError
from geodata.queries.loads import read_held_loads
from geodata.tables import load
from layers.alerts.observe import evaluate
from layers.alerts.rules import HeldLoadRule, load_alert_rules
from tests.integration.etl.conftest import PLACES, yaml_of


def rows(count):
    return "id,name\n" + "".join(f"{n},AED {n}\n" for n in range(count))


class Register:
    """A register whose file and declaration lie in one folder."""

    def __init__(self, engine, city, folder, key):
        self.parts = (engine, city)
        self.key, self.path, self.file = key, folder / f"{key}.yaml", folder / f"{key}.csv"
        self.declare()

    def declare(self, **changed):
        said = PLACES | {"path": self.file.name} | changed
        self.path.write_text(yaml_of(self.key, **said), encoding="utf-8")

    def load(self, text):
        self.file.write_text(text, encoding="utf-8")
        sources.load(*self.parts, [str(self.path)])

    def newest(self):
        query = select(load).where(load.c.source == self.key).order_by(load.c.load_id.desc())
        with self.parts[0].connect() as connection:
            return connection.execute(query.limit(1)).one()


@pytest.fixture
def register(engine, city, tmp_path, request):
    return Register(engine, city, tmp_path, f"aed_{abs(hash(request.node.name)) % 10**6}")


@pytest.fixture
def held_register(register, capsys):
    register.load(rows(10))
    with pytest.raises(LoadError, match="1 of the files were held; nothing of them is visible"):
        register.load(rows(4))
    load_id = register.newest().load_id
    assert f"to load it after all: app.py accept {load_id}" in capsys.readouterr().out
    return register


def test_a_held_file_is_listed_and_accepted(engine, city, held_register, capsys):
    load_id = held_register.newest().load_id
    held.list_held(engine)
    shown = capsys.readouterr().out
    assert held_register.key in shown
    assert "6 of 10 records would go, at most 20% may: aed/4, aed/5" in shown
    held.accept(engine, city, load_id, DataPlaces())
    assert "4 rows = 4 loaded" in capsys.readouterr().out
    held.list_held(engine)
    assert held_register.key not in capsys.readouterr().out
    with pytest.raises(LoadError, match=f"load {load_id} is not held: it is accepted by load"):
        held.accept(engine, city, load_id)


def test_a_file_that_is_gone_or_other_by_now_is_not_accepted(engine, city, held_register):
    load_id = held_register.newest().load_id
    held_register.file.write_text(rows(5), encoding="utf-8")
    with pytest.raises(LoadError, match="is not the file that was held any more"):
        held.accept(engine, city, load_id)
    held_register.file.write_text(rows(4), encoding="utf-8")
    held_register.declare(datum="gcj02")
    with pytest.raises(LoadError, match="declares of its records has changed since it was held"):
        held.accept(engine, city, load_id)
    held_register.declare()
    held_register.file.unlink()
    with pytest.raises(LoadError, match="the file that was held is gone"):
        held.accept(engine, city, load_id)
    with pytest.raises(NotFoundError, match="there is no load 999999"):
        held.accept(engine, city, 999_999)


def test_a_held_file_raises_an_alert_until_it_is_settled(engine, city, held_register):
    (rule,) = (each for each in load_alert_rules(city) if isinstance(each, HeldLoadRule))

    def changes(later=timedelta(0)):
        return [
            (alert.severity, change)
            for alert, change in evaluate(engine, city, now() + later, [rule])
            if alert.subject == held_register.key
        ]

    assert changes() == [(2, "raised")]
    assert changes() == []
    held_register.load(rows(11))
    assert changes(timedelta(minutes=1)) == [(2, "recovered")]


def test_the_page_names_what_would_go_and_the_command(engine, city, held_register):
    with engine.connect() as connection:
        found = [r for r in read_held_loads(connection) if r["source"] == held_register.key]
    shown = str(held_section(found, city))
    assert "6 / 10: aed/4" in shown
    assert f"python app.py accept {found[0]['load_id']}" in shown
