"""A city's emergency channels: the numbers people call, and what each is for."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from geodata.city.colour import ColourField
from geodata.declared import Declared, read_declared
from geodata.errors import CityError

FILE = "channels.yaml"

ChannelKind = Literal["police", "fire", "medical", "traffic", "work_safety", "other"]


class Channel(Declared):
    """One channel; `key` is what `incident.channel` holds."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$", description="what incident.channel holds")
    kind: ChannelKind = Field(description="what the catalogue knows it by")
    number: str = Field(default="", description="the number people call, where it has one")
    name_zh: str
    name_en: str
    short_zh: str = Field(default="", description="on the wall; the name unless given")
    short_en: str = ""
    colour: ColourField

    @property
    def short(self) -> tuple[str, str]:
        """Return the short names, zh and en."""
        return self.short_zh or self.name_zh, self.short_en or self.name_en


@cache
def read_channels(folder: Path) -> tuple[Channel, ...]:
    """Return the channels of the city in a folder, in the order of display; none without a file.

    Raises:
        CityError: the file is wrong; names it and the key.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    channels = read_declared(path, tuple[Channel, ...], error=CityError)
    keys = [channel.key for channel in channels]
    if len(set(keys)) < len(keys):
        raise CityError(f"{path}: key: two channels share one: {', '.join(keys)}")
    return channels
