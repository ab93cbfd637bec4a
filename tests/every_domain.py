"""A trial city with every domain of the program, whichever its own screens show."""

from pathlib import Path
from shutil import copytree, ignore_patterns

from geodata.city.configuration import City, load_city

CITIES = Path(__file__).parent / "data" / "cities"
OF_SCREENS = ("domains.yaml", "targets.yaml", "scores.yaml", "scenes")


def load_whole(code: str, folder: Path) -> City:
    """Copy a trial city's folder below another, without what its screens show, and load it."""
    copy = folder / code
    copytree(CITIES / code, copy, ignore=ignore_patterns(*OF_SCREENS))
    return load_city(str(copy))
