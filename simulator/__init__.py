"""The simulator: what a city's departments would send and nobody publishes, from a seed."""

from simulator.files import Written
from simulator.simulate import simulate

__all__ = ["Written", "simulate"]
