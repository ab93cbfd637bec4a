"""Smooth fields over the city's bounding box: density kernels and texture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from simulator.ground.planar import Floats

STEP_M = 150.0


@dataclass(frozen=True, eq=False)
class Raster:
    """The frame of a field: its lower left corner in metres and its shape in steps."""

    west_m: float
    south_m: float
    shape: tuple[int, int]  # columns east, rows north

    @classmethod
    def around(cls, xy_m: Floats) -> "Raster":
        """Return the raster that holds all points, with a margin of one step."""
        low, high = xy_m.min(axis=0) - STEP_M, xy_m.max(axis=0) + STEP_M
        columns, rows = np.ceil((high - low) / STEP_M).astype(int) + 1
        return cls(float(low[0]), float(low[1]), (int(columns), int(rows)))

    def _index(self, xy_m: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        steps = ((xy_m - [self.west_m, self.south_m]) / STEP_M).astype(np.int64)
        limit = np.array(self.shape) - 1
        clipped = np.clip(steps, 0, limit)
        return clipped[:, 0], clipped[:, 1]

    def kernel(self, xy_m: Floats, sigma_m: float, weights: Floats | None = None) -> Floats:
        """Return the smoothed count of points, scaled so that its maximum is 1."""
        field = np.zeros(self.shape)
        np.add.at(field, self._index(xy_m), 1.0 if weights is None else weights)
        smooth = gaussian_filter(field, sigma_m / STEP_M, mode="constant", truncate=3)
        top = smooth.max()
        return np.asarray(smooth / top if top > 0 else smooth)

    def texture(self, generator: np.random.Generator, sigma_m: float) -> Floats:
        """Return smooth noise of mean 0 and standard deviation 1."""
        noise = gaussian_filter(
            generator.standard_normal(self.shape), sigma_m / STEP_M, mode="nearest", truncate=3
        )
        return np.asarray((noise - noise.mean()) / noise.std())

    def sample(self, field: Floats, xy_m: Floats) -> Floats:
        """Return the field's value at points."""
        return np.asarray(field[self._index(xy_m)])
