"""Reads files into frames of text: every column as in the file, with the row number."""

from etl.extract.extracted import Extracted
from etl.extract.read import READ_IN_DEGREES, read_file

__all__ = ["READ_IN_DEGREES", "Extracted", "read_file"]
