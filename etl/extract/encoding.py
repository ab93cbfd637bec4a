"""Bytes to text: the declared encoding, or UTF-8, else one of the city's legacy encodings aloud.

A guess is told as a note, and has to read as language. Lines in another encoding than their file
are marked, and whoever reads the file rejects the rows that they belong to.
"""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from etl.batch import Note
from etl.extract.plausibility import score
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from geodata.errors import ExtractError

FOREIGN = "\ufdd0"  # no character, so that no text holds it: it marks what is in another encoding
_REPLACED = "\ufffd"
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# Writers name the older standards and use the characters of the newer one, which holds them all.
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "euc_cn": "gb18030"}
_KNOWN = ("gb18030", "big5", "cp1252")
_PLAUSIBLE = 0.6
_WORDS = 0.5  # what is valid UTF-8 is it, if so much of it reads as words
_BETTER = 0.25
_SOUND = 9  # so many sound characters to each broken one: damaged, not in another encoding
_LONGEST_LINE = 1 << 20
_SAMPLE = 5_000  # lines that a guess is made from
_FEW_LINES = 20
_THREE_BYTES = re.compile(rb"[\xe3-\xef][\x80-\xbf]{2}")


@dataclass(frozen=True)
class Decoded:
    """A file's text without a byte order mark; `foreign` says why marked lines are no good."""

    text: str
    notes: tuple[Note, ...] = ()
    foreign: str = ""


def read_text(file: SourceFile, declaration: SourceDeclaration) -> Decoded:
    """Decode a file as its declaration says.

    Raises:
        ExtractError: it is not in that encoding, or in none that is known; names row and byte.
    """
    return decode(file, file.read_bytes(), declaration.encoding, declaration.legacy)


def decode(file: SourceFile, content: bytes, encoding: str, legacy: Sequence[str]) -> Decoded:
    """Decode bytes in `encoding`; `auto` is UTF-8, else one of `legacy` that reads as language.

    Raises:
        ExtractError: as of `read_text`.
    """
    if encoding != "auto":
        return _decode_as(file, content, canonical(encoding), tuple(map(canonical, legacy)))
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    if marked:
        return _decode_as(file, content, marked, ())
    known = tuple(map(canonical, legacy))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decode_broken(file, content, known)
    return Decoded(text) if text.isascii() else _doubt(content, text, known)


def canonical(encoding: str) -> str:
    """Return the codec's own name, of the newest of standards that hold one another."""
    name = codecs.lookup(encoding).name
    return _SUPERSETS.get(name, name)


def _doubt(content: bytes, text: str, legacy: Sequence[str]) -> Decoded:
    """Return what is valid UTF-8, unless it reads as no language there but as one in `legacy`.

    A few characters of GBK are valid UTF-8 by chance; a longer text never is.
    """
    if content.startswith(codecs.BOM_UTF8) or score(text, "utf-8") >= _WORDS:
        return Decoded(text)
    guesses = _guesses(content, legacy)
    if guesses and guesses[0][0] >= _PLAUSIBLE:
        name = guesses[0][1]
        return Decoded(content.decode(name), (Note("guessed_encoding", name),))
    return Decoded(text, (Note("doubtful_encoding", "utf-8"),))


def _guesses(content: bytes, encodings: Sequence[str]) -> list[tuple[float, str]]:
    """Return how well each encoding reads, the best first."""
    found = [(score(content.decode(name, "replace"), name), name) for name in encodings]
    return sorted(found, key=lambda each: -each[0])


def _decode_broken(file: SourceFile, content: bytes, legacy: Sequence[str]) -> Decoded:
    """Decode what is not all UTF-8: a UTF-8 file with foreign lines, or a legacy encoding."""
    odd = list(islice((line for line in content.split(b"\n") if not line.isascii()), _SAMPLE))
    if content.startswith(codecs.BOM_UTF8) or _is_mostly_utf8(odd):
        lines = content.split(b"\n")
        return _mark(lines, "utf-8", legacy, [not _is_valid(line, "utf-8") for line in lines])
    sample = b"\n".join(odd)
    guesses = _guesses(sample, legacy)
    others = _guesses(sample, [name for name in _KNOWN if name not in legacy])
    best, name = guesses[0] if guesses else (0.0, "")
    if best < _PLAUSIBLE or any(other > best + _BETTER for other, _ in others):
        raise _undecodable(file, content, "utf-8", _advice(sample, guesses, others))
    note = Note("guessed_encoding", name)
    return replace(_decode_in(file, content, name, ("utf-8",)), notes=(note,))


def _decode_in(
    file: SourceFile, content: bytes, encoding: str, others: Sequence[str], *, guessed: bool = True
) -> Decoded:
    """Decode in an encoding that is not UTF-8; lines of UTF-8 and faulty ones are marked.

    A line of UTF-8 is mojibake in a legacy encoding, often without an error.

    Raises:
        ExtractError: more than half of the lines are faulty, in an encoding that was not guessed.
    """
    if not _has_utf8_line(content, encoding):
        try:
            return Decoded(content.decode(encoding))
        except UnicodeDecodeError:
            pass
    lines = content.split(b"\n")
    foreign = [
        not line.isascii() and (_is_utf8(line, encoding) or not _is_valid(line, encoding))
        for line in lines
    ]
    if not guessed and 2 * sum(foreign) > sum(not line.isascii() for line in lines):
        raise _undecodable(file, content, encoding)
    return _mark(lines, encoding, others, foreign)


def _is_mostly_utf8(lines: Sequence[bytes]) -> bool:
    """Return whether most lines, or nearly all characters of a few long ones, are UTF-8."""
    if 2 * sum(map(_reads_as_utf8, lines)) >= len(lines):
        return True
    if len(lines) > _FEW_LINES:
        return False
    lenient = b"\n".join(lines).decode("utf-8", "replace")
    lost = lenient.count(_REPLACED)
    return sum(character > "\x7f" for character in lenient) - lost > _SOUND * lost


def _has_utf8_line(content: bytes, encoding: str) -> bool:
    """Return whether a line is UTF-8: of those with what may be its characters of three bytes."""
    if encoding.startswith("utf"):
        return False
    for found in _THREE_BYTES.finditer(content):
        start = content.rfind(b"\n", 0, found.start()) + 1
        end = content.find(b"\n", found.end())
        if _is_utf8(content[start : end if end >= 0 else None], encoding):
            return True
    return False


def _advice(
    sample: bytes, guesses: list[tuple[float, str]], others: list[tuple[float, str]]
) -> str:
    """Return in words why none of the legacy encodings will do, and which other might."""
    tried = [
        f"{'does not read as' if _is_valid(sample, name) else 'is not'} {name}"
        for _, name in guesses
    ]
    said = ", ".join(tried) or "no legacy encoding is declared"
    likely = f"; it may be {others[0][1]}" if others and others[0][0] >= _PLAUSIBLE else ""
    return f"{said}{likely}"


def _is_valid(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _reads_as_utf8(line: bytes) -> bool:
    return _is_valid(line, "utf-8") and score(line.decode(), "utf-8") >= _WORDS


def _is_utf8(line: bytes, encoding: str) -> bool:
    """Return whether a line is UTF-8 with characters of three bytes, and not well in `encoding`."""
    if encoding.startswith("utf"):
        return False
    try:
        is_wide = max(line.decode()) >= "\u0800"
    except UnicodeDecodeError:
        return False
    return is_wide and score(line.decode(encoding, "replace"), encoding) < _PLAUSIBLE


def _mark(
    lines: list[bytes], encoding: str, others: Sequence[str], foreign: Sequence[bool]
) -> Decoded:
    """Decode line by line; those in another encoding get the mark before what is not ASCII."""
    texts = [
        _marked(line, encoding, others) if is_foreign else line.decode(encoding)
        for line, is_foreign in zip(lines, foreign, strict=True)
    ]
    text = "\n".join(texts).removeprefix("\ufeff")
    return Decoded(text, foreign=f"is not in {encoding}, as the other rows are")


def _marked(line: bytes, encoding: str, others: Sequence[str]) -> str:
    if len(line) <= _LONGEST_LINE:
        for other in others:
            text = line.decode(other, "replace")
            if _REPLACED not in text and score(text, other) >= _PLAUSIBLE:
                first = next(at for at, char in enumerate(text) if char > "\x7f")
                return f"{text[:first]}{FOREIGN}{text[first:]}"
    return line.decode(encoding, "replace").replace(_REPLACED, FOREIGN)


def _decode_as(file: SourceFile, content: bytes, encoding: str, legacy: Sequence[str]) -> Decoded:
    """Decode in one encoding; where it has ASCII's line ends, a few faulty lines are marked."""
    if ",\n".encode(encoding)[-2:] == b",\n":
        others = [name for name in ("utf-8", *legacy) if name != encoding]
        decoded = _decode_in(file, content, encoding, others, guessed=False)
        return replace(decoded, text=decoded.text.removeprefix("\ufeff"))
    try:
        return Decoded(content.decode(encoding).removeprefix("\ufeff"))
    except UnicodeDecodeError:
        raise _undecodable(file, content, encoding) from None


def _undecodable(file: SourceFile, content: bytes, encoding: str, advice: str = "") -> ExtractError:
    try:
        content.decode(encoding)
        start = 0
    except UnicodeDecodeError as error:
        start = error.start
    row = content.count(b"\n", 0, start) + 1
    besides = f" ({advice})" if advice else ""
    return ExtractError(
        f"{file}: row {row}: byte 0x{content[start]:02x} at position {start} "
        f"is not {encoding}{besides}; declare the file's encoding or mend it"
    )
