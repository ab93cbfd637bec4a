"""Holds a load that would take away more of what is known than its source may lose."""

from etl.ledger.findings import Finding
from etl.load.replacement import Going
from etl.outcome import HeldLoadError
from etl.source.declaration import SourceDeclaration

HELD = "held_shrinking"


def hold_if_shrinking(declaration: SourceDeclaration, file: str, going: Going) -> None:
    """Let a file take away what it may.

    Raises:
        HeldLoadError: it would take away more, and nobody has accepted that.
    """
    allowed = declaration.may_shrink * going.current
    if declaration.is_accepted or going.going <= allowed:
        return
    named = name_first(declaration, going.first_going, going.going)
    raise HeldLoadError(
        f"nothing changed: {going.going} of {going.current} records would go, "
        f"at most {declaration.may_shrink:.0%} may{named}",
        [Finding(HELD, file, rows=going.going, detail=f"{going.going} / {going.current}{named}")],
    )


def name_first(declaration: SourceDeclaration, first: tuple[str, ...], count: int) -> str:
    """Return the first of some records by name, after a colon; nothing where they are people's.

    Findings are shown on pages that need no password.
    """
    if declaration.record_type.tells_of_persons or not first:
        return ""
    return ": " + ", ".join(first) + (" …" if count > len(first) else "")
