"""Settings from the environment, a `.env` file or the defaults below, read once a process.

Entry points read them: commands, benchmarks, tests. What lies deeper is given what it needs.
"""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from dotenv import dotenv_values
from pydantic import AliasChoices, AliasPath, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from geodata.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "OCC_"
_OF_THE_TESTS = ("OCC_TRIAL_DATA", "OCC_SOAK_")  # read by tests alone, harmless to the program


class Settings(BaseSettings):
    """Every setting of the program; each is read from the environment variable of its name."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env",
        env_prefix=PREFIX,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    city: str = Field(default="changchun", description="folder name under cities")
    city_dir: Path | None = Field(
        default=None, description="folder of a city, or of cities, that lies outside the program"
    )
    data_dir: Path = Field(default=ROOT / "data", description="cluster, simulated files, caches")
    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="an existing PostGIS to use instead of the private cluster",
    )
    host: str = Field(default="127.0.0.1", description="address the server listens on")
    port: int = Field(default=8050, ge=1, le=65535, description="port the server listens on")
    trusted_proxies: str = Field(
        default="",
        description="addresses or networks, by comma, whose X-Forwarded-* is believed",
    )
    client_requests: int = Field(
        default=8,
        ge=1,
        le=200,
        description="requests of one address that are answered at once; more wait their turn",
    )
    client_streams: int = Field(
        default=16, ge=1, le=1000, description="screens of one address that hear pushes at once"
    )
    workers: int = Field(default=1, ge=1, le=64, description="server processes")
    cache_url: str | None = Field(
        default=None, description="redis:// address of a shared cache; a folder in data_dir without"
    )
    telemetry_url: str | None = Field(
        default=None, description="folder or fsspec address of day partitions; data_dir without"
    )
    telemetry_days: dict[str, int] = Field(
        default={"vehicle_ping": 30, "network_sample": 180},
        description="days that partitions of a kind are kept; JSON",
    )
    intake_token: str | None = Field(
        default=None, min_length=16, description="what POST /intake/incidents asks for; off without"
    )
    live: bool = Field(default=True, description="whether `run` follows the live sources")
    replay_days: int = Field(
        default=30, ge=0, le=3660, description="days that what the wall showed is kept for replay"
    )
    seed: int = Field(default=20141101, description="seed of the simulator")
    simulate_days: int = Field(default=56, ge=7, le=400, description="days the simulator writes")
    now: str | None = Field(
        default=None, description="the time stands still there; ISO 8601 with zone"
    )
    clock: str | None = Field(
        default=None,
        description="`<time>@<unix seconds>x<speed>`: that time at those seconds, faster since",
    )
    supervisor: int | None = Field(
        default=None, description="set by `run` for the processes beside it, which end with it"
    )

    def __hash__(self) -> int:
        """Return a hash of what names a database: one setting is a table and has none itself."""
        return hash((self.city, self.data_dir, self.database_url))


def setting_variables() -> dict[str, str]:
    """Return the environment variable of each setting, by the setting's name."""
    variables = {}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        assert not isinstance(alias, AliasChoices | AliasPath)  # noqa: S101 - one variable each
        variables[name] = alias or f"{PREFIX}{name.upper()}"
    return variables


@cache
def get_settings() -> Settings:
    """Return the process's settings, and let the clock of a `.env` file hold for the process.

    Raises:
        SettingsError: a value does not fit, or there is no such setting; names the variable.
    """
    file = Settings.model_config.get("env_file")
    check_names([*os.environ, *(dotenv_values(file) if isinstance(file, Path) else ())])
    try:
        settings = Settings()
    except ValidationError as error:
        fields = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors()
        )
        raise SettingsError(f"wrong setting: {fields}") from error
    for variable, value in (("OCC_NOW", settings.now), ("OCC_CLOCK", settings.clock)):
        if value is not None:  # the clock is asked everywhere and reads the environment itself
            os.environ[variable] = value
    return settings


def check_names(variables: Iterable[str]) -> None:
    """Refuse variables that look like settings and are none: a misspelt one would do nothing.

    Raises:
        SettingsError: there is one; names it and the nearest setting.
    """
    known = setting_variables().values()
    for each in variables:
        name = each.upper()
        if name.startswith(PREFIX) and name not in known and not name.startswith(_OF_THE_TESTS):
            (nearest,) = get_close_matches(name, known, n=1, cutoff=0)
            raise SettingsError(f"there is no setting {each}: is {nearest} meant?")
