"""The rule of a start: a demonstration for whoever sits here, or somebody who can sign in."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from commands.context import CommandContext
from etl.source.declaration import SourceDeclaration, read_declarations
from geodata.city.source_names import FOLDER
from geodata.database.handle import Engine
from geodata.errors import SettingsError
from geodata.identity.caller import Caller, Role
from geodata.identity.users import has_administrator
from geodata.queries.loads import read_real_sources
from geodata.settings import Settings, is_loopback

DEMO = Caller(Role.ADMINISTRATOR, "demo", is_demo=True)  # every screen, every act, invented data
_HOW_TO = "app.py users add NAME --role administrator"


def demonstration(
    settings: Settings, declarations: Sequence[SourceDeclaration], engine: Engine
) -> Caller | None:
    """Return as whom a visitor is signed in who has not signed in; None where nobody is."""
    is_one = next(reasons_against(settings, declarations, engine), None) is None
    return DEMO if is_one else None


def check_start(context: CommandContext) -> str:
    """Return who can enter, in a sentence; the schema must be up to date.

    Raises:
        SettingsError: nobody can; says why this is no demonstration and how to make a user.
    """
    settings, engine = context.settings, context.engine
    declarations = read_declarations(context.city.folder / FOLDER)
    why = list(reasons_against(settings, declarations, engine))
    if not why:
        return f"demonstration: whoever opens a page is signed in as {DEMO.name}"
    if has_administrator(engine):
        return "users sign in with a password"
    if settings.has_identity_provider:
        return f"users sign in at {settings.oidc_issuer}"
    raise SettingsError(
        f"nobody could sign in: this is no demonstration ({'; '.join(why)}), and there is no "
        f"administrator. Make one: {_HOW_TO}"
    )


def reasons_against(
    settings: Settings, declarations: Sequence[SourceDeclaration], engine: Engine
) -> Iterator[str]:
    """Yield what makes a start no demonstration, the cheapest to find first."""
    if settings.demo == "off":
        yield "OCC_DEMO is off"
    if not is_loopback(settings.host):
        yield f"OCC_HOST {settings.host} is reached from other machines"
    named = [urlsplit(settings.public_url).hostname or ""] if settings.public_url else []
    named += [each.strip() for each in settings.allowed_hosts.split(",") if each.strip()]
    for name in named:
        if not is_loopback(_without_port(name)):
            yield f"it is reached as {name}"
    internal = sorted(each.key for each in declarations if _may_come(each, settings))
    if internal:
        yield f"declared real and not public: {', '.join(internal)}"
    for_all = {each.key for each in declarations if each.is_for_all}
    with engine.connect() as connection:
        loaded = [each for each in read_real_sources(connection) if each not in for_all]
    if loaded:
        yield f"loaded, real and not public: {', '.join(loaded)}"


def _may_come(declaration: SourceDeclaration, settings: Settings) -> bool:
    """Return whether records may come that are not for all; an intake without a token is off."""
    is_off = declaration.is_only_live and not declaration.is_followed and not settings.intake_token
    return not declaration.is_for_all and not is_off


def _without_port(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""
