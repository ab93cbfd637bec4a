"""From the file's text to typed records: pure functions of a frame and a declaration."""

from etl.transform.transform import transform

__all__ = ["transform"]
