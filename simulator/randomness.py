"""Independent random streams: a new stream never changes the numbers of another."""

from zlib import crc32

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator of one named stream, e.g. `stream(7, "calls", channel, 739901)`."""
    keys = [name if isinstance(name, int) else crc32(name.encode()) for name in names]
    return np.random.default_rng([seed, *keys])
