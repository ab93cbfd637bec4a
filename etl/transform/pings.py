"""Locates vehicle reports: the rows of one file may be in two datums."""

import numpy as np
import polars as pl

from etl.batch import Batch
from etl.source.declaration import SourceDeclaration
from etl.transform.locate import Locator, Places, given_coordinates, locate_points, place, settle
from geodata.city.configuration import City

SHIFTED = "is_shifted"


def place_pings(
    batch: Batch, declaration: SourceDeclaration, city: City, locator: Locator
) -> Batch:
    """Give each report its point, cell and district; shifted ones are in GCJ-02.

    JT/T 808 marks each report (status bit 5: its coordinates passed the secrecy plug-in).
    """
    if SHIFTED not in batch.frame.columns or not batch.frame[SHIFTED].any():
        return place(batch, declaration, city, locator)
    shifted = batch.frame[SHIFTED].fill_null(value=False)
    in_gcj02 = declaration.model_copy(update={"datum": "gcj02"})
    lon, lat = given_coordinates(batch.frame)
    places = _either(
        shifted.to_numpy(),
        locate_points(lon, lat, in_gcj02, city),
        locate_points(lon, lat, declaration, city),
    )
    given_in = pl.when(shifted).then(pl.lit(in_gcj02.given_in)).otherwise(
        pl.lit(declaration.given_in)
    )  # fmt: skip
    return settle(batch, places, declaration, locator, given_in)


def _either(
    which: np.ndarray[tuple[int], np.dtype[np.bool_]], one: Places, other: Places
) -> Places:
    """Return the places of `one` where `which` holds, elsewhere those of the other."""
    return Places(
        np.where(which, one.lon, other.lon),
        np.where(which, one.lat, other.lat),
        np.where(which, one.fault, other.fault),
        np.where(which, one.doubt, other.doubt),
        np.where(which, one.misplaced, other.misplaced),
    )
