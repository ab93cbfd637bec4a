"""What is said of a layer's numbers where they leave as a file: unit, licence, owner, moment."""

from sqlalchemy import Connection

from geodata.published.statuses import SIMULATED
from layers.states.status import Status
from layers.states.terms import read_terms
from layers.states.version import Build
from layers.values.query import CheckedQuery


def said_of(connection: Connection, query: CheckedQuery, build: Build) -> dict[str, str]:
    """Return the metadata of a layer's numbers, by name."""
    indicator = query.indicator
    owners, licences = read_terms(connection, build)
    return {
        "title": f"{indicator.label_zh} · {indicator.label_en}",
        "unit": f"{indicator.unit_zh} · {indicator.unit_en}",
        "formula": indicator.formula,
        "component": query.component,
        "period": str(query.period),
        "version": build.version,
        "asOf": build.as_of.isoformat() if build.as_of else "",
        "sources": ", ".join(build.sources),
        "owners": ", ".join(owners),
        "licences": ", ".join(licences),
        "provenance": SIMULATED if build.is_simulated else "real",
        "statuses": "; ".join(f"{int(each)} {each.key}" for each in Status),
    }
