"""The operators' coverage predictions: rasters of the built-up land, one file an operator."""

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geodata.space.crs import to_metric
from simulator.broadband.base_stations import Masts
from simulator.broadband.radio_samples import SITE_DBM, SLOPE_DB
from simulator.files import Written
from simulator.ground.planar import Floats
from simulator.ground.world import World

PIXEL_M = 200.0
NOTHING = -999.0
CLUTTER_DB, ROUGHNESS_DB = 6.0, 4.0  # loss by walls on average, and the model's error
NOT_PREDICTED = 0.03  # of the last operator's land, in blocks
BLOCK_PIXELS = 8
BANDS = ("rsrp_4g", "rsrp_5g", "sinr_5g")


def _pixels(world: World) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[float, float]]:
    """Return rows and columns of the pixels where people live, and the raster's upper left."""
    x_m, y_m = to_metric(world.city, world.cells.lon, world.cells.lat)
    west = np.floor(x_m.min() / PIXEL_M) * PIXEL_M
    north = np.ceil(y_m.max() / PIXEL_M) * PIXEL_M
    row = np.floor((north - y_m) / PIXEL_M).astype(np.int64)
    column = np.floor((x_m - west) / PIXEL_M).astype(np.int64)
    both = np.unique(np.column_stack([row, column]), axis=0)
    return both[:, 0], both[:, 1], (float(west), float(north))


def _levels(distance_m: Floats, technology: str, rng: np.random.Generator) -> Floats:
    path = SLOPE_DB[technology] * np.log10(np.maximum(distance_m, 50) / 50)
    rough = rng.normal(0, ROUGHNESS_DB, len(distance_m))
    return np.asarray(np.clip(SITE_DBM[technology] - path - CLUTTER_DB + rough, -139, -45))


def write_predictions(world: World, folder: Path, masts: list[Masts]) -> list[Written]:
    """Write `broadband/prediction_<operator>.tif`: RSRP of 4G and 5G, SINR of 5G, in bands."""
    row, column, corner = _pixels(world)
    centres = np.column_stack(
        [corner[0] + (column + 0.5) * PIXEL_M, corner[1] - (row + 0.5) * PIXEL_M]
    )
    written = []
    for operator in world.rules.broadband.operators:
        rng = world.rng("prediction", operator.name)
        levels = {}
        for each in masts:
            own = np.isin(each.operator, [operator.name, operator.shares_sites_with or ""])
            sites = np.column_stack(to_metric(world.city, *world.plane.to_degrees(each.xy_m[own])))
            distance_m = cKDTree(sites).query(centres)[0]
            levels[each.technology] = _levels(np.asarray(distance_m), each.technology, rng)
        sinr = np.clip(9 + 0.4 * (levels["5G"] + 95) + rng.normal(0, 3, len(row)), -12, 30)
        values = np.stack([levels["4G"], levels["5G"], sinr])
        if operator is world.rules.broadband.operators[-1]:
            block = (row // BLOCK_PIXELS) * 100_003 + column // BLOCK_PIXELS
            missing = np.unique(block)[rng.random(len(np.unique(block))) < NOT_PREDICTED]
            values[:, np.isin(block, missing)] = NOTHING
        bands = np.full((len(BANDS), row.max() + 1, column.max() + 1), NOTHING, dtype=np.float32)
        bands[:, row, column] = values.round(1)
        path = folder / "broadband" / f"prediction_{operator.name}.tif"
        _write(path, bands, corner, world.city.metric_crs)
        written.append(Written(path, "predictions", int((bands[0] != NOTHING).sum())))
    return written


def _write(path: Path, bands: NDArray[np.float32], corner: tuple[float, float], epsg: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = bands.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=count,
        height=height,
        width=width,
        dtype="float32",
        nodata=NOTHING,
        crs=f"EPSG:{epsg}",
        transform=rasterio.Affine(PIXEL_M, 0.0, corner[0], 0.0, -PIXEL_M, corner[1]),
        compress="deflate",
    ) as raster:
        raster.write(bands)
        raster.descriptions = BANDS
