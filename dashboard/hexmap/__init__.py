"""The hex map: a Dash component that paints H3 cells from binary columns."""

from dashboard.hexmap.hex_map import HexMap

__all__ = ["HexMap"]
