"""The formats of files: what each is, whoever reads it; each registers itself.

A format whose rows a mapping reads is one file in `etl/extract`; one that says all by itself, and
fills tables of its own, is a room of `etl` with a `format.py`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from etl.source.registry import Registry, modules_in


@dataclass(frozen=True, kw_only=True)
class Format:
    """What a declaration may say of a format, and what follows from it."""

    name: str
    says: str
    table: str | None = None  # the record type it fills all by itself, without a mapping
    block: str | None = None  # the block of a declaration that asks for it ...
    of: str | None = None  # ... instead of this format, which the file is in
    may_be_folder: bool = False
    is_in_degrees: bool = False  # reading turns geometry into WGS-84, from the declared `crs`
    lines: Literal["csv", "ndjson"] = "ndjson"  # how records end in a file that is appended to
    is_typed: bool = False  # has numbers beside text, which no decimal sign of the source concerns
    times: str = "iso"  # how a time is written where its mapping does not say
    lapses: bool = False  # its days run out, after which the same file brings new ones
    is_destroyed: bool = False  # the file is, once its records are in the database


_ETL = Path(__file__).parents[1]
FORMATS: Registry[Format] = Registry(
    "format", [*modules_in(_ETL / "extract"), *modules_in(_ETL, "*/format.py")]
)
