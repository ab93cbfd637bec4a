"""Simulates, from a seed, the files that a city's departments would send and nobody publishes."""

from simulator.files import Written
from simulator.simulate import simulate

__all__ = ["Written", "simulate"]
