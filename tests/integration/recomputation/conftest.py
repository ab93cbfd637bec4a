"""What the recomputations share: the engine's answers as plain series, and how to compare them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from commands.sources import load_files
from etl.source.declaration import SourceDeclaration, read_declaration
from geodata.city.configuration import City
from geodata.space.districts import load_districts
from layers.build.run import build_states
from layers.catalogue.registry import find_indicator, resolve_component
from layers.period import Period
from layers.values.query import ValueQuery
from layers.values.read import latest_period, read_values
from tests.every_domain import load_whole

DATA = Path(__file__).resolve().parents[2] / "data"
SUM_TOLERANCE = 1e-9

Answer = Callable[..., pd.Series]
Fill = Callable[..., City]


@pytest.fixture(scope="session")
def fill(trial_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Fill:
    """Load a city's sources and build indicators; the numbers are the engine's from here on.

    Every indicator is recomputed, also of domains that the city's screens do not show.
    """

    def run(
        engine: Engine,
        code: str,
        sources: dict[str, dict[str, object]],
        indicators: list[str],
        more: Iterable[SourceDeclaration] = (),
    ) -> City:
        city = load_whole(code, tmp_path_factory.mktemp("cities"))
        with engine.begin() as connection:
            load_districts(connection, city)
        declared: list[SourceDeclaration] = [
            read_declaration(DATA / "declarations" / f"{key}.yaml").model_copy(update=changes)
            for key, changes in sources.items()
        ]
        results = list(load_files(engine, city, [*declared, *more], root=trial_data))
        assert {each.status for each in results} == {"loaded"}
        built = build_states(engine, city, indicators)
        assert {each.indicator for each in built} == set(indicators)
        return city

    return run


@pytest.fixture(scope="module")
def answer(engine: Engine) -> Answer:
    """Ask the engine: values by place, of the newest period unless one is named."""

    def ask(
        city: City, key: str, period: str | None, by: str, component: str = "default"
    ) -> pd.Series:
        component = resolve_component(find_indicator(city, key), component)
        when = Period.parse(period) if period else latest_period(engine, city, key, component)
        assert when is not None
        query = ValueQuery(key, when, component, by, res=8 if by == "cell" else None)
        found = read_values(engine, city, query).drop_nulls("value")
        keys = [h3.int_to_str(int(k)) if by == "cell" else str(k) for k in found["key"]]
        return pd.Series(found["value"].to_numpy(), index=keys).sort_index()

    return ask


def assert_agrees(found: pd.Series, own: pd.Series, *, exact: bool) -> None:
    """Compare values place by place: the same places, equal or within 1e-9 of each other."""
    own = own.dropna().astype(float).sort_index()
    assert list(found.index) == list(own.index)
    assert len(own)
    if exact:
        assert (found.to_numpy() == own.to_numpy()).all()
    else:
        np.testing.assert_allclose(found.to_numpy(), own.to_numpy(), rtol=SUM_TOLERANCE, atol=1e-12)


@pytest.fixture(scope="session")
def agrees() -> Callable[..., None]:
    """The comparison, for modules that cannot import each other."""
    return assert_agrees
