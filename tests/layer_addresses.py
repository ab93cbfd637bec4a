"""How the addresses of layers begin, for tests that watch what a browser asks for."""

from layers.maps.urls import CELLS, PREFIX, VALUES

ALL_VALUES = PREFIX + VALUES.partition("{")[0]
ALL_CELLS = PREFIX + CELLS.partition("{")[0]
