"""Bytes to text: the declared encoding, or UTF-8 and then GB18030."""

from pathlib import Path

from geodata.errors import ExtractError

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# A GB18030 file read as UTF-8 fails at nearly every Chinese character; a UTF-8 file with a few
# damaged bytes fails at few. Reading the latter as GB18030 would silently garble it.
_DAMAGED_UTF8_RATIO = 9


def read_text(path: Path, encoding: str) -> str:
    """Decode a file, without a byte order mark.

    `auto` tries UTF-8 and then GB18030, unless nearly all of the text is valid UTF-8.

    Raises:
        ExtractError: a byte does not fit; names file, row and byte.
    """
    content = path.read_bytes()
    if encoding != "auto":
        return _decode(path, content, encoding)
    if content.startswith(_UTF16_MARKS):
        return _decode(path, content, "utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        lenient = content.decode("utf-8-sig", errors="replace")
        broken = lenient.count("\ufffd")
        sound = sum(character > "\x7f" for character in lenient) - broken
        if sound > _DAMAGED_UTF8_RATIO * broken:
            raise _undecodable(path, content, "utf-8", error) from None
    return _decode(path, content, "gb18030")


def _decode(path: Path, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _undecodable(path, content, encoding, error) from None


def _undecodable(
    path: Path, content: bytes, encoding: str, error: UnicodeDecodeError
) -> ExtractError:
    row = content.count(b"\n", 0, error.start) + 1
    return ExtractError(
        f"{path}: row {row}: byte 0x{content[error.start]:02x} at position {error.start} "
        f"is not {encoding}; declare the file's encoding or mend it"
    )
