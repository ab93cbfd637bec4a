"""How far a decoded text reads as language: the test that a guessed encoding has to pass.

Nearly every run of bytes is some text in GB18030 or Latin-1, so that decoding without an error
proves nothing. In Chinese the test is how many characters are among the usual ones of the standard
(its first level, ordered by sound or strokes, covers more than nine tenths of any real text); in
alphabets, whether words are of one script and accents stand among plain letters.
"""

import re
import unicodedata
from collections import Counter
from itertools import islice

_MOST_WORDS = 5_000
_WORD = re.compile(r"[^\s,;|\"<>{}\[\]:()]*[^\x00-\x7f][^\s,;|\"<>{}\[\]:()]*")
_BROKEN = ("\ufffd", "\ufdd0")
_USUAL_SIGNS = frozenset("ªº°²³½¼¾«»“”„‘’‚–—…€£©®·¿¡§•™\u00a0\u200b\ufeff")
_MOJIBAKE = re.compile(r"[ÂÃÄÅÐÑ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸ]")
_BEYOND_TWO_BYTES = "\u0800"
_SCRIPTS = (
    ("latin", "\u0041", "\u024f"),
    ("greek", "\u0370", "\u03ff"),
    ("cyrillic", "\u0400", "\u045f"),
    ("hebrew", "\u05d0", "\u05ea"),
    ("arabic", "\u0600", "\u06ff"),
)


def score(text: str, encoding: str) -> float:
    """Return from 0 to 1 how far a text that was decoded from `encoding` reads as language."""
    words = [found[0] for found in islice(_WORD.finditer(text), _MOST_WORDS)]
    if not words:
        return 1.0
    if encoding in _WEIGHTS:
        counts = Counter(char for word in words for char in word if char > "\x7f")
        total = sum(_weigh(char, encoding) * count for char, count in counts.items())
        return max(total / counts.total(), 0.0)
    return sum(_is_word(word) for word in words) / len(words)


def _weigh(char: str, encoding: str) -> float:
    """Return how usual a character is in the texts of a Chinese standard."""
    if char in _BROKEN or unicodedata.category(char) in ("Co", "Cn", "Cc"):
        return -1.0
    standard, weights = _WEIGHTS[encoding]
    try:
        lead = char.encode(standard)[0]
    except UnicodeEncodeError:
        return 0.2
    return next(weight for first, weight in weights if lead >= first)


# By the first byte of a character: punctuation, other alphabets, usual and rare characters.
_WEIGHTS = {
    "gb18030": ("gb2312", ((0xD8, 0.6), (0xB0, 1.0), (0xA4, 0.1), (0xA1, 1.0), (0, 1.0))),
    "big5": ("big5", ((0xC9, 0.4), (0xA4, 1.0), (0xA1, 0.9), (0, 1.0))),
}


def _is_word(word: str) -> bool:
    if any(char in word for char in _BROKEN) or _MOJIBAKE.search(word):
        return False
    if any(char >= _BEYOND_TWO_BYTES for char in word if char not in _USUAL_SIGNS):
        return True
    letters = [char for char in word if char.isalpha() and char not in _USUAL_SIGNS]
    signs = [char for char in word if char > "\x7f" and char not in letters]
    if not all(char in _USUAL_SIGNS for char in signs) or "·" in (word[0], word[-1]):
        return False
    scripts = {_script(char) for char in letters}
    if len(scripts) > 1 or "" in scripts:
        return False
    accented = sum(char > "\x7f" for char in letters)
    plain = len(letters) - accented
    return scripts != {"latin"} or not accented or (plain > 0 and accented <= plain + 1)


def _script(char: str) -> str:
    return next((name for name, first, last in _SCRIPTS if first <= char <= last), "")
