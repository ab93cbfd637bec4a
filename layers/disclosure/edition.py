"""An edition of a published layer: what its periods say of themselves, and what they rest on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

import polars as pl
from sqlalchemy import Connection, select

from geodata.city.configuration import City
from geodata.clock import now
from geodata.published.layers import PublishedLayer
from geodata.settings import ROOT
from geodata.tables import NOT_OF_CITY, district, load
from geodata.version import read_source_version
from layers.catalogue.registry import find_indicator
from layers.disclosure.rules import smallest_count
from layers.disclosure.series import Series
from layers.period import Period
from layers.states.version import Build, is_stale
from layers.values.covered_days import CoveredDays, PeriodCoverage, read_covered_places

# A period is written anew when its records changed or any of this code did.
_DECIDES = ("layers/disclosure", "layers/values", "layers/states", "geodata/published")
_OF_NOW = ("version", "as_of", "published_at", "is_newest")  # not what the numbers rest on


@dataclass(frozen=True)
class Edition:
    """A layer as of one build: what is the same for all of its periods."""

    city: City
    series: Series
    build: Build
    covered: Mapping[str | None, CoveredDays]  # by district; None: the city as a whole
    owners: tuple[str, ...]
    licences: tuple[str, ...]

    def layer(self, period: Period) -> PublishedLayer:
        """Return the row of one period."""
        indicator, component = self.series.indicator, self.series.component
        declared = indicator.components.get(component)
        part_zh, part_en = (declared.label_zh, declared.label_en) if declared else ("", "")
        return PublishedLayer(
            name=self.series.name,
            indicator=indicator.key,
            component=component,
            code=indicator.code,
            domain=indicator.domain,
            title_zh=indicator.label_zh + (f"（{part_zh}）" if part_zh else ""),
            title_en=indicator.label_en + (f" ({part_en})" if part_en else ""),
            description_zh=indicator.definition_zh,
            description_en=indicator.definition_en,
            unit_zh=indicator.unit_zh,
            unit_en=indicator.unit_en,
            formula=indicator.formula,
            res=self.series.resolutions,
            period=str(period),
            span_days=self.series.span_days,
            starts_at=period.start_at(self.city.timezone),
            ends_at=period.end_at(self.city.timezone),
            version=self.build.version,
            as_of=self.build.as_of,
            published_at=now(),
            sources=tuple(sorted(self.build.sources)),
            licences=self.licences,
            owners=self.owners,
            is_simulated=self.build.is_simulated,
            smallest_count=smallest_count(indicator),
            **_said_of(self.covered[None].of(period)),
        )

    def covered_days(self, period: Period) -> pl.DataFrame:
        """Return district_id and `covered`, the covered days of a period as a multirange."""
        places = [place or self.city.code for place in self.covered]
        spoken = [_multirange(each.of(period)) for each in self.covered.values()]
        return pl.DataFrame(
            {"district_id": places, "covered": spoken},
            schema={"district_id": pl.String, "covered": pl.String},
        )

    def basis(self, period: Period, withheld: str = "") -> str:
        """Return a checksum of what beside the records decides the numbers of a period.

        `withheld` changes with the patterns of the period.
        """
        said = asdict(self.layer(period))
        until = min(now(), period.end_at(self.city.timezone))
        parts = [
            *(said[name] for name in sorted(said) if name not in _OF_NOW),
            is_stale(self.series.indicator, self.build, until),
            self.covered_days(period).rows(),
            self._decides,
            withheld,
        ]
        return sha256(repr(parts).encode()).hexdigest()

    @cached_property
    def _decides(self) -> tuple[str, ...]:
        """Return what of the declarations and of the program decides the numbers."""
        indicator = self.series.indicator
        below = [find_indicator(self.city, indicator.stock_below)] if indicator.stock_below else []
        declared = [each.model_dump_json() for each in (indicator, *below)]
        return (*declared, read_source_version(*(ROOT / each for each in _DECIDES)))


def read_edition_of(connection: Connection, city: City, series: Series, build: Build) -> Edition:
    """Return the edition of a layer as of a build."""
    c = load.c
    loads = connection.execute(
        select(c.owner, c.licence).where(c.load_id.in_(build.load_ids))
    ).all()
    return Edition(
        city,
        series,
        build,
        read_covered_places(
            connection, city, series.indicator.key, series.component, _places(connection)
        ),
        owners=tuple(sorted({row.owner for row in loads})),
        licences=tuple(sorted({row.licence for row in loads})),
    )


def _places(connection: Connection) -> list[str | None]:
    """Return None for the city, and its districts."""
    c = district.c
    listed = select(c.district_id).where(c.district_id.not_in(NOT_OF_CITY)).order_by(c.position)
    return [None, *connection.scalars(listed)]


def _said_of(coverage: PeriodCoverage) -> dict[str, Any]:
    """Return the columns that say what part of its period a layer speaks of."""
    hull = None if coverage.is_stock else coverage.hull
    return {
        "covered_from": hull.first if hull else None,
        "covered_to": hull.end - timedelta(days=1) if hull else None,
        "covered_days": None if coverage.is_stock else coverage.days,
        "counted_on": coverage.counted_on,
        "is_partial": coverage.is_partial,
    }


def _multirange(coverage: PeriodCoverage) -> str | None:
    if coverage.is_stock:
        return None
    return "{" + ",".join(f"[{run.first},{run.end})" for run in coverage.runs) + "}"
