"""`simulate --live`: plays the simulated city into its incoming folder, at any speed."""

import argparse
import time
from datetime import UTC, datetime, timedelta

from commands.companions import is_orphan
from commands.context import get_context
from commands.simulated_files import incoming_dir
from geodata.clock import now, running_clock
from geodata.errors import SettingsError

STEP_S = 1.0


def simulate_live(options: argparse.Namespace) -> None:
    """Play from an hour of today on, until interrupted or until an hour."""
    from simulator.ground.world import build_world
    from simulator.live.faults import FAULTS
    from simulator.live.play import Player

    context = get_context()
    faults = FAULTS if options.faults == ["all"] else tuple(options.faults)
    unknown = set(faults) - set(FAULTS)
    if unknown:
        raise SettingsError(f"no fault {', '.join(sorted(unknown))}; known: {', '.join(FAULTS)}")
    local = now().astimezone(context.city.zone)
    starts_at = at_hour(local, options.from_) if options.from_ else local
    ends_at = at_hour(starts_at, options.until) if options.until else None
    folder = incoming_dir(context.settings, context.city)
    player = Player(build_world(context.city, context.settings.seed), folder, starts_at, faults)
    began, real = time.monotonic(), datetime.now(tz=local.tzinfo)
    if options.from_ or options.speed != 1:
        print(f"the others' clock: OCC_CLOCK={running_clock(starts_at, real, options.speed)}")
    print(f"playing from {starts_at:%Y-%m-%d %H:%M} below {folder}", flush=True)
    while not is_orphan(context.settings.supervisor):
        played = timedelta(seconds=(time.monotonic() - began) * options.speed)
        at = (starts_at.astimezone(UTC) + played).astimezone(local.tzinfo)
        player.play_until(min(at, ends_at) if ends_at else at)
        if ends_at and at >= ends_at:
            return
        time.sleep(STEP_S)


def at_hour(local: datetime, clock: str) -> datetime:
    """Return `HH:MM` of a local day.

    Raises:
        SettingsError: it is no time of a day.
    """
    try:
        hour = datetime.strptime(clock, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError as error:
        raise SettingsError(f"not a time HH:MM: {clock!r}") from error
    return datetime.combine(local.date(), hour, local.tzinfo)
