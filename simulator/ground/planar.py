"""A flat plane in metres around one point: exact enough to place things, never to measure."""

from dataclasses import dataclass
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Plane:
    """An equirectangular plane whose origin is `lon`, `lat`."""

    lon: float
    lat: float

    @property
    def _lon_m(self) -> float:
        return METRES_PER_DEGREE * cos(radians(self.lat))

    def to_metres(self, lon: Floats, lat: Floats) -> Floats:
        """Return an (n, 2) array of metres east and north of the origin."""
        return np.column_stack(
            [(lon - self.lon) * self._lon_m, (lat - self.lat) * METRES_PER_DEGREE]
        )

    def to_degrees(self, xy_m: Floats) -> tuple[Floats, Floats]:
        """Return longitude and latitude of points given in metres."""
        return self.lon + xy_m[:, 0] / self._lon_m, self.lat + xy_m[:, 1] / METRES_PER_DEGREE
