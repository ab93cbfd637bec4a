"""The one error tree: every error a user may see derives from `OperationsError`."""


class OperationsError(Exception):
    """Base of all errors that this program raises on purpose; its text is for the user."""


class SettingsError(OperationsError):
    """A setting is missing, malformed or contradicts another."""


class DatabaseError(OperationsError):
    """The database cannot be reached, is too old or lacks PostGIS."""


class AbandonedError(DatabaseError):
    """Who asked has gone, or the server stops: the rest of the work is left."""


class ClusterError(DatabaseError):
    """The private PostgreSQL cluster cannot be created, started or stopped."""


class CityError(OperationsError):
    """A city's configuration is incomplete or wrong."""


class GeographyError(OperationsError):
    """Coordinates are out of range or a cell, datum or CRS is not valid."""


class DeclarationError(OperationsError):
    """A source declaration or a catalogue entry is not valid."""


class ExtractError(OperationsError):
    """A file cannot be read as its declaration says; names the file."""


class LoadError(OperationsError):
    """A load was refused as a whole; nothing of it is visible."""


class NotFoundError(OperationsError):
    """The city, indicator, district, cell or period asked for does not exist."""


class SignInRefusedError(OperationsError):
    """Who asks to be signed in is not; the text does not tell whether there is such a name."""


class RequestError(OperationsError):
    """What was asked for is malformed: a filter, a period, a resolution, an address."""
