"""Settings from the environment, a `.env` file or the defaults below, read once a process."""

from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from geodata.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Every setting of the program; each is read from the environment variable of its name."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env",
        env_prefix="OCC_",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    city: str = Field(default="changchun", description="folder name under cities")
    data_dir: Path = Field(default=ROOT / "data", description="cluster, simulated files, caches")
    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="an existing PostGIS to use instead of the private cluster",
    )
    host: str = Field(default="127.0.0.1", description="address the server listens on")
    port: int = Field(default=8050, ge=1, le=65535, description="port the server listens on")
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

    def __hash__(self) -> int:
        """Return a hash of what names a database: one setting is a table and has none itself."""
        return hash((self.city, self.data_dir, self.database_url))


@cache
def get_settings() -> Settings:
    """Return the process's settings.

    Raises:
        SettingsError: a value does not fit; names the variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        fields = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors()
        )
        raise SettingsError(f"wrong setting: {fields}") from error
