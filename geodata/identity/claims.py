"""What an identity provider's claims about a user mean here: the role, the districts, the name."""

from collections.abc import Mapping
from typing import Any

from geodata.errors import SignInRefusedError
from geodata.identity.caller import USERS, Role

EVERYWHERE = "*"  # in the claim of districts: all of them


def find_values(claims: Mapping[str, Any], path: str) -> list[str]:
    """Return the texts at a dotted path, such as `realm_access.roles`; a single text is one.

    A claim whose own name has dots in it (`https://city.example/roles`) is found first.
    """
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    return [each for each in values if isinstance(each, str) and each]


def role_of(claims: Mapping[str, Any], path: str, roles: Mapping[str, str]) -> Role:
    """Return the role of a user; of several the last of planner, duty, leader, administrator.

    Raises:
        SignInRefusedError: none of the values is a role here.
    """
    given = {roles[each] for each in find_values(claims, path) if each in roles}
    for role in reversed(USERS):
        if role in given:
            return role
    raise SignInRefusedError(f"not signed in: the claim {path} gives no role here")


def districts_of(claims: Mapping[str, Any], path: str | None, role: Role) -> tuple[str, ...] | None:
    """Return the districts that a user is bound to: none of them for all, None if no claim says.

    Raises:
        SignInRefusedError: the claim is missing; that must not mean all.
    """
    if role == Role.ADMINISTRATOR:
        return ()
    if path is None:
        return None
    values = find_values(claims, path)
    if not values:
        raise SignInRefusedError(f"not signed in: the claim {path} gives no district")
    return () if EVERYWHERE in values else tuple(values)


def name_of(claims: Mapping[str, Any]) -> str:
    """Return what a user is called: the first of the usual claims that is there."""
    usual = ("preferred_username", "name", "email", "sub")
    return next((value for each in usual for value in find_values(claims, each)), "")
