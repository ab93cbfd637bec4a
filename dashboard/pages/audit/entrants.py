"""Who may enter: users with their roles, screens and programs with their tokens."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.components.provenance import local_time
from dashboard.components.text import bilingual
from dashboard.pages.audit.entries import table
from geodata.clock import true_now
from geodata.identity.devices import Device
from geodata.identity.users import User


def users_table(users: Sequence[User], zone: str) -> html.Table:
    """Return the users, the disabled ones too."""
    rows = [
        html.Tr(
            [
                html.Td(each.name),
                html.Td(bilingual(f"caller.role.{each.role}", tag=html.Span)),
                html.Td(", ".join(each.districts) or "—"),
                html.Td(user_state(each, zone)),
            ]
        )
        for each in users
    ]
    return table(("name", "role", "districts", "state"), rows)


def user_state(user: User, zone: str) -> Component:
    """Return whether a user may sign in now."""
    if not user.is_enabled:
        return bilingual("audit.disabled", tag=html.Span)
    if user.locked_until is not None and user.locked_until > true_now():
        at = local_time(user.locked_until, zone)
        return bilingual("audit.locked", tag=html.Span, at=at)
    return bilingual("audit.enabled", tag=html.Span)


def devices_table(devices: Sequence[Device], zone: str) -> html.Table:
    """Return the tokens given out, the revoked ones too; a token itself is shown nowhere."""
    rows = [
        html.Tr(
            [
                html.Td(each.name),
                html.Td(bilingual(f"caller.role.{each.kind}", tag=html.Span)),
                html.Td(each.created_by),
                html.Td(local_time(each.last_seen_at, zone), className="number"),
                html.Td(
                    bilingual("audit.revoked" if each.revoked_at else "audit.let_in", tag=html.Span)
                ),
            ]
        )
        for each in devices
    ]
    return table(("name", "role", "created_by", "last_seen", "state"), rows)
