"""Errors of the layers room; they hang on the one error tree."""

from geodata.errors import RequestError


class QueryError(RequestError):
    """A question about a layer is malformed: a period, a resolution, a component or a geometry."""
