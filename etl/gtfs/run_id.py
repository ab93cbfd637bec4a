"""Stable identity of a vehicle run: the same 64-bit number on every machine and in every load."""

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl

_EPOCH_MIX = np.uint64(0x9E3779B97F4A7C15)
_START_MIX = np.uint64(0xC2B2AE3D27D4EB4F)


def compute_run_ids(
    source: str, trip_id: pl.Series, service_on: pl.Series, start_s: pl.Series
) -> pl.Series:
    """Return one id per run: hash of source, trip, service date and frequency start (or null)."""
    trips = trip_id.unique()
    hashes = pl.DataFrame({"trip_id": trips, "_hash": _hash_trips(source, trips.to_list())})
    trip = trip_id.to_frame("trip_id").join(hashes, on="trip_id", maintain_order="left")["_hash"]
    day = service_on.to_physical().cast(pl.Int64).to_numpy().astype(np.uint64)
    start = (start_s.fill_null(-1) + 2).cast(pl.UInt64).to_numpy()
    with np.errstate(over="ignore"):
        mixed = _mix(_mix(trip.to_numpy() ^ (day * _EPOCH_MIX)) ^ (start * _START_MIX))
    return pl.Series("run_id", mixed.view(np.int64))


def _hash_trips(source: str, trip_ids: Sequence[str]) -> pl.Series:
    keys = (f"{source}\x1f{trip_id}".encode() for trip_id in trip_ids)
    digests = [int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") for key in keys]
    return pl.Series(digests, dtype=pl.UInt64)


def _mix(
    x: np.ndarray[tuple[int, ...], np.dtype[np.uint64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """Spread every input bit over the whole word (the finaliser of splitmix64)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
