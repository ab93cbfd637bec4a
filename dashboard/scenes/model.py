"""The typed form of the screens' configuration; unknown keys are refused."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from geodata.declared import Declared, read_declared

Domain = Literal["transit", "emergency", "broadband", "health"]
DOMAINS: tuple[Domain, ...] = ("transit", "emergency", "broadband", "health")
# Points above the hexagons: what is under way, or a kind of facility.
Overlay = Literal["incidents", "vehicles", "metro_station", "fire_station", "hospital"]
FOLDER = Path(__file__).parent


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
    overlays: tuple[Overlay, ...] = ()
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
    """What the wall shows."""

    cards: dict[Domain, tuple[Headline, ...]]
    scenes: tuple[Scene, ...] = Field(min_length=1)
    spark_steps: int = Field(default=28, ge=2, le=400)

    @model_validator(mode="after")
    def _keys_are_unique(self) -> "WallConfiguration":
        keys = [scene.key for scene in self.scenes]
        if len(set(keys)) < len(keys):
            raise ValueError(f"two scenes share a key: {', '.join(keys)}")
        return self


class KioskSubject(Headline):
    """One large subject of the kiosk: a sentence with `{district}` and `{value}`."""

    title_zh: str
    title_en: str
    sentence_zh: str
    sentence_en: str
    decimals: int = Field(default=0, ge=0, le=2, description="of the value in the sentence")


class KioskConfiguration(Declared):
    """What the kiosk shows."""

    subjects: dict[Domain, KioskSubject]
    idle_seconds: int = Field(default=60, ge=10, le=600)
    warn_seconds: int = Field(default=15, ge=3, le=60)


@cache
def load_wall() -> WallConfiguration:
    """Return the wall's configuration."""
    return read_declared(FOLDER / "wall.yaml", WallConfiguration)


@cache
def load_kiosk() -> KioskConfiguration:
    """Return the kiosk's configuration."""
    return read_declared(FOLDER / "kiosk.yaml", KioskConfiguration)
