"""Errors of the layers room, in the program's one error tree."""

from geodata.errors import OperationsError


class QueryError(OperationsError):
    """A query of a layer is malformed: a period, a resolution, a component or a geometry."""
