"""The hex map's Python component; its browser side is built from src/ into assets/hexmap.min.js."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from dash.development.base_component import Component

INPUTS = (
    "id",
    "className",
    "style",
    "cellsUrl",
    "valuesUrl",
    "palette",
    "breaks",
    "districtsUrl",
    "districtValues",
    "points",
    "selection",
    "camera",
    "theme",
    "language",
    "showLabels",
    "labelObstacles",
    "basemap",
    "label",
    "pixelRatioMax",
)
OUTPUTS = ("clickData", "hoverData", "viewport", "ready")


class HexMap(Component):
    """A map of H3 cells coloured by a value column, with district outlines and names.

    What to show:

    - id: component id.
    - className, style: of the map's element; it fills its parent by default.
    - cellsUrl: little-endian uint64[n], ascending, of one resolution. Fetched once per address.
    - valuesUrl: float32[n] then uint8[n] status, little-endian, in the order of the cells.
      None paints every cell as no data.
    - palette: hexadecimal colours, one a class.
    - breaks: ascending inner breaks, one fewer than colours. A value equal to a break belongs to
      the lower class.
    - districtsUrl: GeoJSON with district_id, name_zh, name_en, label_lon, label_lat.
    - districtValues: {district_id: {"value": number or None, "status": int}} colours the districts
      by the same palette, breaks and states, in the place of the cells, which are then not fetched.
      A district that is not mentioned is no data.
    - points: {"url": JSON {"points": [[lon, lat, class], ...]}, "classes": {class: {"colour":
      hexadecimal or a CSS custom property, "radius": pixels, "hollow": bool}}}, drawn above
      everything. Every new dictionary fetches them again; the old ones stay meanwhile.
    - selection: {"cell": hex or None, "district": id or None}, outlined. Also set by a click.
    - camera: {"lon", "lat", "zoom", "duration" in ms} or {"bounds": [west, south, east, north],
      "duration"}, which keeps the area in view when the map is resized. Every new dictionary moves
      the camera. None frames the data once.
    - theme: "dark" or "light"; CSS custom properties --hexmap-* override single colours.
    - language: "zh" or "en", of the district names.
    - showLabels: whether districts are named. Each name is placed inside the part of its district
      that can be seen, again whenever the camera has come to rest.
    - labelObstacles: CSS selector of what the page lays over the map; names keep clear of it.
    - basemap: {"url": raster tiles with {x} {y} {z}, "opacity", "maxZoom"} or None.
    - label: accessible name of the map.
    - pixelRatioMax: cap on the device pixel ratio.

    What happened:

    - clickData: {cell, district, lon, lat, value, status, x, y, clicks}; x and y in pixels of the
      map, clicks counts up so that a second click on the same cell is news. With districtValues
      cell is None, value and status are the district's.
    - hoverData: the same without clicks, at most every 60 ms; None when the pointer leaves.
    - viewport: {lon, lat, zoom, bounds}, when the camera has come to rest.
    - ready: {cells, painted, version, states, error} after each paint of new data: how many cells,
      how many with a value, the valuesUrl that is on the screen, cells in each visual state; with
      districtValues painted and states count districts. When an answer does not come, the old
      picture stays and error says why.
    """

    _children_props: list[str] = []  # noqa: RUF012 - declared so by the base class
    _base_nodes: list[str] = ["children"]  # noqa: RUF012
    _namespace = "dashboard_hexmap"
    _type = "HexMap"

    def __init__(
        self,
        id: str | Mapping[str, Any] | None = None,
        *,
        className: str | None = None,  # noqa: N803 - Dash properties are camel case
        style: Mapping[str, Any] | None = None,
        cellsUrl: str | None = None,  # noqa: N803
        valuesUrl: str | None = None,  # noqa: N803
        palette: Sequence[str] | None = None,
        breaks: Sequence[float] | None = None,
        districtsUrl: str | None = None,  # noqa: N803
        districtValues: Mapping[str, Mapping[str, Any]] | None = None,  # noqa: N803
        points: Mapping[str, Any] | None = None,
        selection: Mapping[str, str | None] | None = None,
        camera: Mapping[str, Any] | None = None,
        theme: Literal["dark", "light"] | None = None,
        language: Literal["zh", "en"] | None = None,
        showLabels: bool | None = None,  # noqa: N803
        labelObstacles: str | None = None,  # noqa: N803
        basemap: Mapping[str, Any] | None = None,
        label: str | None = None,
        pixelRatioMax: float | None = None,  # noqa: N803
        **outputs: Any,
    ) -> None:
        """Build it; properties left at None are not sent, so the browser's defaults hold."""
        self._prop_names = [*INPUTS, *OUTPUTS]
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = self._prop_names
        self.available_wildcard_properties: list[str] = []
        given = locals()
        inputs = {name: given[name] for name in INPUTS if given[name] is not None}
        super().__init__(**inputs, **outputs)  # type: ignore[no-untyped-call]
