"""Files become frames of text: every column as the file has it, with the row it stands in.

A format of rows is one module here that calls `FORMATS.register`.
"""

from etl.extract.extracted import Extracted
from etl.extract.read import read_file

__all__ = ["Extracted", "read_file"]
