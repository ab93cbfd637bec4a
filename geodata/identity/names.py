"""Names of users and devices: what they may hold, and when two of them are the same."""

import re
import unicodedata

from geodata.errors import RequestError

LONGEST_NAME = 64
# Letters of any script; no space, so that a name stands alone in a line of text.
_NAME = re.compile(rf"[^\W_][\w.@+\-]{{0,{LONGEST_NAME - 1}}}")


def check_name(text: str) -> str:
    """Return a name in its composed form.

    Raises:
        RequestError: it is empty, too long or holds other signs.
    """
    name = unicodedata.normalize("NFKC", text[: 4 * LONGEST_NAME]).strip()
    if not _NAME.fullmatch(name):
        raise RequestError(
            f"a name is 1 to {LONGEST_NAME} letters, digits or . _ @ + -, a letter or digit first"
        )
    return name


def name_key(name: str) -> str:
    """Return what two names have in common that differ by case or by the form of their letters."""
    return unicodedata.normalize("NFKC", check_name(name).casefold())
