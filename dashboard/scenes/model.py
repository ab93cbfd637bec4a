"""What a city's wall and kiosk show, from its `scenes` folder; unknown keys are refused."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pydantic import Field, model_validator

from geodata.city.configuration import City, load_city
from geodata.declared import Declared, read_declared
from geodata.errors import DeclarationError, NotFoundError
from layers.catalogue.domains import load_domains
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator, resolve_component
from layers.errors import QueryError

FOLDER = "scenes"
WALL, KIOSK = "wall.yaml", "kiosk.yaml"
UNDER_WAY = ("incidents", "vehicles")  # overlays of every city: what moves and what is open


class Headline(Declared):
    """One indicator as one number; `days` pools the last days of a daily indicator."""

    indicator: str
    component: str = "default"
    days: int | None = Field(default=None, ge=1, le=366)
    short_zh: str = ""
    short_en: str = ""


class Camera(Declared):
    """Where the map looks; the city's own camera without."""

    lon: float
    lat: float
    zoom: float


class Scene(Declared):
    """One stop of the wall's playlist: a layer of hexagons, points above it, or points alone.

    Raises:
        ValueError: it shows nothing, or has no layer to take its title from.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="pins it: /wall?scene=<key>")
    layer: Headline | None = None
    title_zh: str = ""
    title_en: str = ""
    overlays: tuple[str, ...] = Field(
        default=(), description="incidents, vehicles, or any of the city's kinds of facilities"
    )
    res: int = Field(default=8, ge=6, le=9)
    seconds: int = Field(default=20, ge=5, le=600)
    camera: Camera | None = None

    @model_validator(mode="after")
    def _shows_something(self) -> "Scene":
        if self.layer is None and not self.overlays:
            raise ValueError(f"the scene {self.key} has neither a layer nor an overlay")
        if self.layer is None and not (self.title_zh and self.title_en):
            raise ValueError(f"the scene {self.key} needs a title in both languages")
        return self


class WallConfiguration(Declared):
    """What the wall shows: the first `large` domains as cards, the others a line each."""

    cards: dict[str, tuple[Headline, ...]]
    large: int = Field(default=4, ge=1, le=4)
    scenes: tuple[Scene, ...] = ()
    spark_steps: int = Field(default=28, ge=2, le=400)

    @model_validator(mode="after")
    def _keys_are_unique(self) -> "WallConfiguration":
        keys = [scene.key for scene in self.scenes]
        if len(set(keys)) < len(keys):
            raise ValueError(f"two scenes share a key: {', '.join(keys)}")
        return self

    @property
    def domains(self) -> tuple[str, ...]:
        """Return the domains that have a card or a line, in their order."""
        return tuple(self.cards)


class KioskSubject(Headline):
    """One large subject of the kiosk: a sentence with `{district}` and `{value}`."""

    title_zh: str
    title_en: str
    sentence_zh: str
    sentence_en: str
    decimals: int = Field(default=0, ge=0, le=2, description="of the value in the sentence")


class KioskConfiguration(Declared):
    """What the kiosk shows."""

    subjects: dict[str, KioskSubject]
    idle_seconds: int = Field(default=60, ge=10, le=600)
    warn_seconds: int = Field(default=15, ge=3, le=60)


def overlay_names(city: City) -> tuple[str, ...]:
    """Return what may lie above the hexagons: what is under way, and each kind of facility."""
    return (*UNDER_WAY, *(kind.key for kind in city.facility_kinds))


def load_wall(city: City) -> WallConfiguration:
    """Return a city's wall; without a file each domain's first indicators, and no scenes.

    Raises:
        DeclarationError: the file is wrong, or speaks of what the city does not have; names the
            key.
    """
    return _wall_of(city.folder)


def load_kiosk(city: City) -> KioskConfiguration:
    """Return a city's kiosk; without a file it has no subjects.

    Raises:
        DeclarationError: the file is wrong, or speaks of what the city does not have; names the
            key.
    """
    return _kiosk_of(city.folder)


@cache
def _wall_of(folder: Path) -> WallConfiguration:
    path = folder / FOLDER / WALL
    if not path.is_file():
        return WallConfiguration(cards={})
    wall, city = read_declared(path, WallConfiguration), load_city(str(folder))
    _check_domains(city, wall.cards, f"{path}: cards")
    for domain, rows in wall.cards.items():
        _check_headlines(city, rows, f"{path}: cards.{domain}")
    for scene in wall.scenes:
        where = f"{path}: scenes.{scene.key}"
        if scene.layer:
            _check_headlines(city, [scene.layer], where)
            _check_cells(find_indicator(city, scene.layer.indicator), scene.res, where)
        unknown = set(scene.overlays) - set(overlay_names(city))
        if unknown:
            raise DeclarationError(f"{where}: no overlay is called {', '.join(sorted(unknown))}")
    return wall


@cache
def _kiosk_of(folder: Path) -> KioskConfiguration:
    path = folder / FOLDER / KIOSK
    if not path.is_file():
        return KioskConfiguration(subjects={})
    kiosk, city = read_declared(path, KioskConfiguration), load_city(str(folder))
    _check_domains(city, kiosk.subjects, f"{path}: subjects")
    for domain, subject in kiosk.subjects.items():
        where = f"{path}: subjects.{domain}"
        _check_headlines(city, [subject], where)
        if find_indicator(city, subject.indicator).kiosk == "hidden":
            raise DeclarationError(f"{where}: {subject.indicator} is hidden from the public")
    return kiosk


def _check_domains(city: City, named: Iterable[str], where: str) -> None:
    unknown = set(named) - set(load_domains(city))
    if unknown:
        raise DeclarationError(f"{where}: the city has no domain {', '.join(sorted(unknown))}")


def _check_cells(indicator: Indicator, res: int, where: str) -> None:
    """Refuse a layer of hexagons that an indicator does not have."""
    if "cell" not in indicator.geometry:
        raise DeclarationError(f"{where}: {indicator.key} is not by cell")
    if res > indicator.max_res:
        raise DeclarationError(
            f"{where}: {indicator.key} goes up to resolution {indicator.max_res}"
        )


def _check_headlines(city: City, rows: Iterable[Headline], where: str) -> None:
    for row in rows:
        try:
            resolve_component(find_indicator(city, row.indicator), row.component)
        except (NotFoundError, QueryError) as error:
            raise DeclarationError(f"{where}: {error}") from error
