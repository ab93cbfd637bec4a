"""Reads files into frames of text: every column as in the file, with the row number.

A format of rows is one module here that calls `FORMATS.register`.
"""

from etl.extract.extracted import Extracted
from etl.extract.read import read_file

__all__ = ["Extracted", "read_file"]
