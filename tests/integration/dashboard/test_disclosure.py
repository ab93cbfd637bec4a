"""The kiosk's districts are withheld by the pattern kept in the database."""

from datetime import UTC, date, datetime

from dashboard.read import disclosure
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import ResolvedHeadline
from dashboard.read.values import Value
from geodata.city.configuration import load_city
from geodata.settings import Settings
from layers.catalogue.registry import find_indicator
from layers.period import Period
from layers.states.status import Status
from layers.states.version import Build

CHANGCHUN = load_city("changchun")

SHARE = find_indicator(CHANGCHUN, "within_target_share")


class NoCache:
    """Remembers nothing."""

    def get_or(self, key, compute, form):
        return compute()


def share(num: int, den: int) -> Value:
    return Value(value=100 * num / den, num=num, den=den, n=den, status=Status.OK)


def shown(engine, city, monkeypatch, values, version):
    context = ScreenContext(engine, city, Settings(), NoCache())
    at = datetime(2026, 11, 1, tzinfo=UTC)
    build = Build(SHARE.key, version, at, at, ("test",), (1,), True)
    period = Period(date(2026, 9, 7), date(2026, 10, 5))
    monkeypatch.setattr(disclosure, "read_districts", lambda *asked: values)
    found = disclosure.read_disclosed(context, ResolvedHeadline(SHARE, "119", build, period, None))
    return {key for key, value in found.items() if value.status == Status.SUPPRESSED}


def test_9_late_data_bring_no_withheld_district_back(engine, city, monkeypatch) -> None:
    first = {"a": share(30, 40), "b": share(3, 40), "c": share(9, 12), "d": share(25, 41)}
    assert shown(engine, city, monkeypatch, first, "1") == {"b", "c"}
    late = {**first, "b": share(7, 44)}
    assert shown(engine, city, monkeypatch, late, "2") == {"b", "c"}
