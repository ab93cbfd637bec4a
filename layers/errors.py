"""Errors of the layers room, in the program's one error tree."""

from geodata.errors import OperationsError, RequestError


class QueryError(RequestError):
    """A query of a layer is malformed: a period, a resolution, a component or a geometry."""


class BuildError(OperationsError):
    """Indicators could not be built; those that could are."""
