"""The simulator: what a city's departments would send and nobody publishes, from a seed."""

from etl.simulator.files import Written
from etl.simulator.simulate import simulate

__all__ = ["Written", "simulate"]
