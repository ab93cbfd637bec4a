"""Fetches files that a source offers at an address."""

import shutil
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, build_opener

from geodata.errors import ExtractError

_TIMEOUT_S = 60


def fetch_file(url: str, folder: Path) -> Path:
    """Fetch a file into a folder, under its own name; a partial one is never left there.

    Raises:
        ExtractError: the address does not answer with the file; names it.
    """
    name = PurePosixPath(unquote(urlsplit(url).path)).name or "download"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}.part"
    try:
        with _opener().open(url, timeout=_TIMEOUT_S) as answer, part.open("wb") as stream:
            shutil.copyfileobj(answer, stream)
    except (OSError, HTTPException, ValueError) as error:
        part.unlink(missing_ok=True)
        raise ExtractError(f"{url}: cannot be fetched: {error}") from error
    return part.replace(folder / name)


def _opener() -> OpenerDirector:
    """Return an opener of http and https; a redirection to anything else is refused."""
    return build_opener(HTTPHandler, HTTPSHandler)
