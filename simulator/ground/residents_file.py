"""Writes the statistics bureau's population by hexagon."""

from pathlib import Path

import polars as pl

from geodata.space.grid import cells_to_texts
from simulator.files import Written, write_csv
from simulator.ground.world import World


def write_residents(world: World, folder: Path) -> list[Written]:
    """Write `population/residents_h3.csv`: one row a populated cell and district."""
    cells = world.cells
    frame = pl.DataFrame(
        {
            "h3_cell": cells_to_texts(cells.cell),
            "district_id": cells.district_id,
            "residents": cells.residents,
            "vintage": world.rules.population.vintage_on.isoformat(),
        }
    )
    return [write_csv(folder / "population" / "residents_h3.csv", frame, "residents")]
