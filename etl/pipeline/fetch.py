"""Fetches files that a source offers at an address."""

import json
import os
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import httpx2

from etl.limits import DEFAULTS
from geodata.errors import ExtractError
from geodata.private_files import FILE_MODE, make_private_folder, write_whole

CONNECT_S = 10.0
MOST_REDIRECTS = 5


@dataclass(frozen=True)
class Limits:
    """How long the server may be silent, how long all may take, and how much it may send."""

    silent_s: float
    whole_s: float
    most_bytes: int


FILE_LIMITS = Limits(silent_s=60, whole_s=3 * 3600, most_bytes=DEFAULTS.most("file_mb"))
MESSAGE_LIMITS = Limits(silent_s=20, whole_s=30, most_bytes=DEFAULTS.most("message_mb"))
PACKED_AS = "gzip, deflate"  # whose unpacking can be stopped; a block of brotli has no bound


@dataclass(frozen=True)
class Validators:
    """What the server called the content that it sent last; both empty where it said nothing."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """Return the headers that ask for the content only if it is another now."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


NOTHING_KNOWN = Validators()


def fetch_file(url: str, folder: Path, limits: Limits = FILE_LIMITS) -> Path:
    """Fetch a file into a folder, under its own name; a partial one is never left there.

    What the server called it is kept beside it: one that is the same still is not sent again.

    Raises:
        ExtractError: the address does not answer with the file, or beyond the limits; names it.
    """
    name = PurePosixPath(unquote(urlsplit(url).path)).name or "download"
    make_private_folder(folder)
    path, part, note = folder / name, folder / f"{name}.part", folder / f".{name}.http.json"
    try:
        with _ask(url, _read_note(note, url, path), limits) as answer:
            if answer.status_code == httpx2.codes.NOT_MODIFIED:
                return path
            part.unlink(missing_ok=True)
            part.touch(mode=FILE_MODE)
            with part.open("wb") as stream:
                for block in _blocks(answer, limits):
                    stream.write(block)
                stream.flush()
                os.fsync(stream.fileno())
    except (OSError, ExtractError) as error:
        part.unlink(missing_ok=True)
        raise ExtractError(f"{_shown(url)}: cannot be fetched: {error}") from error
    _write_note(note, url, part.stat().st_size, _validators(answer))
    return part.replace(path)


def fetch_message(
    url: str, known: Validators = NOTHING_KNOWN, limits: Limits = MESSAGE_LIMITS
) -> tuple[bytes, Validators] | None:
    """Return what an address answers and what the server calls it; None if it is as known.

    Raises:
        ExtractError: it does not answer, or beyond the limits.
    """
    try:
        with _ask(url, known, limits) as answer:
            if answer.status_code == httpx2.codes.NOT_MODIFIED:
                return None
            return b"".join(_blocks(answer, limits)), _validators(answer)
    except ExtractError as error:
        raise ExtractError(f"{_shown(url)}: cannot be fetched: {error}") from error


def _shown(url: str) -> str:
    """Return an address as errors and logs name it: without passwords and keys."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()


@contextmanager
def _ask(url: str, known: Validators, limits: Limits) -> Iterator[httpx2.Response]:
    """Yield an answer of http or https, its body not read yet.

    Raises:
        ExtractError: there is none, or it is no success.
    """
    timeout = httpx2.Timeout(limits.silent_s, connect=CONNECT_S)
    try:
        with (
            httpx2.Client(
                verify=_trusted(), timeout=timeout, follow_redirects=True,
                max_redirects=MOST_REDIRECTS,
            ) as client,
            client.stream("GET", url, headers=_asked(known)) as answer,
        ):  # fmt: skip
            if not answer.is_success and answer.status_code != httpx2.codes.NOT_MODIFIED:
                raise ExtractError(f"the answer is {answer.status_code} {answer.reason_phrase}")
            packed_as = answer.headers.get("Content-Encoding", "identity").strip().lower()
            if packed_as not in ("identity", "", *PACKED_AS.split(", ")):
                raise ExtractError(f"it is packed as {packed_as}, which was not asked for")
            yield answer
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ExtractError(f"{type(error).__name__}: {error}") from error


def _asked(known: Validators) -> dict[str, str]:
    return known.headers() | {"Accept-Encoding": PACKED_AS}


@cache
def _trusted() -> ssl.SSLContext:
    """Return the system's trusted certificates; reading them takes longer than most answers."""
    return ssl.create_default_context()


def _blocks(answer: httpx2.Response, limits: Limits) -> Iterator[bytes]:
    """Yield the body, unpacked where it was sent packed.

    Raises:
        ExtractError: it is too large or takes too long.
    """
    until, taken = time.monotonic() + limits.whole_s, 0
    for block in answer.iter_bytes():
        taken += len(block)
        if taken > limits.most_bytes:
            raise ExtractError(f"it is larger than {limits.most_bytes} bytes")
        if time.monotonic() > until:
            raise ExtractError(f"it takes longer than {limits.whole_s:g} s")
        yield block


def _validators(answer: httpx2.Response) -> Validators:
    """Return what names the content; not a second that had not passed when it was sent.

    Within that second another content may have followed under the same time.
    """
    modified = answer.headers.get("Last-Modified", "")
    if not _is_past(modified, answer.headers.get("Date", "")):
        modified = ""
    return Validators(answer.headers.get("ETag", ""), modified)


def _is_past(modified: str, sent: str) -> bool:
    try:
        return parsedate_to_datetime(modified) < parsedate_to_datetime(sent)
    except (ValueError, TypeError):  # missing, no date, or one of them without a zone
        return False


def _read_note(note: Path, url: str, path: Path) -> Validators:
    """Return what the server called the file that lies there; nothing if it is another's."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(note.read_text(encoding="utf-8"))
        if kept["url"] == url and kept["size"] == path.stat().st_size:
            return Validators(**kept["validators"])
    return NOTHING_KNOWN


def _write_note(note: Path, url: str, size: int, validators: Validators) -> None:
    kept = {"url": url, "size": size, "validators": asdict(validators)}
    write_whole(note, json.dumps(kept).encode())
