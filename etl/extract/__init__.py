"""Files become frames of text: every column as the file has it, with the row it stands in."""

from etl.extract.extracted import Extracted
from etl.extract.read import READ_IN_DEGREES, read_file

__all__ = ["READ_IN_DEGREES", "Extracted", "read_file"]
