"""The typed form of the screens' configuration; unknown keys are refused."""

from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geodata.errors import DeclarationError

Domain = Literal["transit", "emergency", "broadband", "health"]
DOMAINS: tuple[Domain, ...] = ("transit", "emergency", "broadband", "health")
FOLDER = Path(__file__).parent
Model = TypeVar("Model", bound="Strict")


class Strict(BaseModel):
    """Base of all entries."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Headline(Strict):
    """One indicator as one number; `days` pools the last days of a daily indicator."""

    indicator: str
    component: str = "default"
    days: int | None = Field(default=None, ge=1, le=366)
    short_zh: str = ""
    short_en: str = ""


class Camera(Strict):
    """Where the map looks; the city's own camera without."""

    lon: float
    lat: float
    zoom: float


class Scene(Headline):
    """One stop of the wall's playlist."""

    res: int = Field(default=8, ge=6, le=9)
    seconds: int = Field(default=20, ge=5, le=600)
    camera: Camera | None = None


class WallConfiguration(Strict):
    """What the wall shows."""

    cards: dict[Domain, tuple[Headline, ...]]
    scenes: tuple[Scene, ...] = Field(min_length=1)
    spark_steps: int = Field(default=28, ge=2, le=400)


class Subject(Headline):
    """One large subject of the kiosk: a sentence with `{district}` and `{value}`."""

    title_zh: str
    title_en: str
    sentence_zh: str
    sentence_en: str
    decimals: int = Field(default=0, ge=0, le=2, description="of the value in the sentence")


class KioskConfiguration(Strict):
    """What the kiosk shows."""

    subjects: dict[Domain, Subject]
    idle_seconds: int = Field(default=60, ge=10, le=600)
    warn_seconds: int = Field(default=15, ge=3, le=60)


def _read(name: str, model: type[Model]) -> Model:
    path = FOLDER / name
    try:
        return model.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except ValidationError as error:
        raise DeclarationError(f"{path.name}: {error}") from error


@cache
def load_wall() -> WallConfiguration:
    """Return the wall's configuration."""
    return _read("wall.yaml", WallConfiguration)


@cache
def load_kiosk() -> KioskConfiguration:
    """Return the kiosk's configuration."""
    return _read("kiosk.yaml", KioskConfiguration)
