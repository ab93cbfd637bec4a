"""`live`: follows the live sources and keeps the states up to date."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from commands.companions import is_orphan
from commands.context import CommandContext, get_context
from commands.live_alerts import keep_watch
from commands.live_publish import keep_published
from commands.live_retention import keep_retention
from commands.live_states import keep_states_current
from commands.live_timetables import keep_timetables
from commands.simulated_files import incoming_dir
from commands.sources import sources_folder
from etl.live.gtfs_rt_feed import FollowedFeed
from etl.live.piece import LiveSource
from etl.live.progress import keep_followed, keep_poll
from etl.live.record_files import FollowedRecords
from etl.outcome import FileLoad
from etl.source.declaration import read_declarations
from geodata.database.handle import DATABASE_ERRORS, LOST_ERRORS, Engine
from geodata.errors import LoadError, OperationsError
from geodata.space.districts import DistrictLocator, read_districts
from geodata.traces import trace_of

LONGEST_PAUSE_S = 60.0
GLANCE_S = 0.1  # compares only sizes and times of files: works on every file system
ORPHAN_S = 2.0
GRACE_S = 4.0  # from a signal to the exit
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_logger = logging.getLogger(__name__)


class Followed(Protocol):
    """One live source that is polled again and again."""

    live_source: LiveSource

    def poll(self) -> Iterator[FileLoad]:
        """Load new data and yield the result of each piece."""
        ...

    def glance(self) -> object:
        """Return a cheap value that differs when there may be new data; else always the same.

        Raises:
            OSError: it cannot be read.
        """
        ...


def live(options: argparse.Namespace) -> None:
    """Follow the live sources until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    context = get_context()
    engine = context.ready_engine
    followed = build_followed(context, options.sources)
    if not followed:
        raise LoadError(f"{context.city.name_en} declares no live source of that name")
    has_intake = bool(context.settings.intake_token)
    declared = read_declarations(sources_folder(context.city))
    rules = [(each.key, rule) for each in declared for rule in each.live]
    keep_followed(engine, [pair for pair in rules if has_intake or not pair[1].intake])
    print(f"following {', '.join(name_of(each.live_source) for each in followed)}", flush=True)
    asyncio.run(_supervise(engine, context, followed))


def build_followed(context: CommandContext, keys: Sequence[str] = ()) -> list[Followed]:
    """Return the city's live sources, or those named."""
    districts = read_districts(context.city)
    folder = incoming_dir(context.settings, context.city)
    targets = [
        LiveSource(
            context.engine,
            context.city,
            each,
            rule,
            DistrictLocator.of_city(context.city, districts),
            context.places,
        )
        for each in read_declarations(sources_folder(context.city))
        for rule in each.live
        if not rule.intake and (not keys or each.key in keys)
    ]
    return [
        FollowedRecords(each, folder) if each.rule.feed == "records" else FollowedFeed(each, folder)
        for each in targets
    ]


def name_of(live_source: LiveSource) -> str:
    """Return the source's key and the kind of its live rule."""
    return f"{live_source.declaration.key} ({live_source.rule.feed})"


async def _supervise(engine: Engine, context: CommandContext, followed: Sequence[Followed]) -> None:
    """Run all threads until a signal, then end soon; no failure stops the others."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def leave() -> None:
        """Finish the current work; a second signal ends the process at once, which is safe."""
        stop.set()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, leave)
    tables = {each.live_source.declaration.table for each in followed}
    work = asyncio.gather(
        *(follow(engine, each, stop) for each in followed),
        keep_states_current(engine, context.city, tables, stop),
        keep_watch(engine, context.city, stop),
        keep_retention(context.settings, context.city, stop),
        keep_timetables(
            engine, context.city, read_declarations(sources_folder(context.city)), stop
        ),
        keep_published(engine, context.city, context.settings.data_dir, stop),
        _leave_when_orphaned(context.settings.supervisor, stop),
    )
    either: list[asyncio.Future[Any]] = [work, asyncio.create_task(stop.wait())]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait([work], timeout=GRACE_S)
    if (
        not work.done()
    ):  # a long computation: its transaction is rolled back and repeated at the next start
        _logger.info("leaving a computation that is under way")
        sys.stdout.flush()
        os._exit(0)
    work.result()


async def _leave_when_orphaned(supervisor: int | None, stop: asyncio.Event) -> None:
    while not stop.is_set():
        if is_orphan(supervisor):
            stop.set()
        await pause(stop, ORPHAN_S)


async def follow(engine: Engine, source: Followed, stop: asyncio.Event) -> None:
    """Poll one source whenever it changes, and every few seconds in any case.

    After a failure the pauses grow.
    """
    poll_s = source.live_source.rule.poll_s
    failures = 0
    while not stop.is_set():
        before = await asyncio.to_thread(_glance, source)
        message = await asyncio.to_thread(_poll, engine, source)
        failures = failures + 1 if message else 0
        if failures:
            await pause(stop, min(poll_s * 2 ** min(failures, 10), max(poll_s, LONGEST_PAUSE_S)))
        else:
            await _until_changed(source, before, stop)


async def _until_changed(source: Followed, before: object, stop: asyncio.Event) -> None:
    """Wait until the source differs from before it was read, at most its poll interval."""
    loop = asyncio.get_running_loop()
    until = loop.time() + source.live_source.rule.poll_s
    while not stop.is_set() and (rest := until - loop.time()) > 0:
        await pause(stop, min(GLANCE_S, rest))
        if await asyncio.to_thread(_glance, source) != before:
            return


def _glance(source: Followed) -> object:
    with suppress(OSError):
        return source.glance()
    return None


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not past the stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _poll(engine: Engine, source: Followed) -> str | None:
    """Poll once and store the result; return the error, if any.

    A database that was lost is no fault of the source: nothing is told of it.
    """
    message, is_ours = None, False
    try:
        for done in source.poll():
            _logger.info(
                "%s: %s loaded, %s rejected of %s (load %s, %s)", done.source, done.rows_loaded,
                done.rows_rejected, done.file, done.load_id, done.status,
            )  # fmt: skip
    except (*DATABASE_ERRORS, *LOST_ERRORS, OperationsError, OSError) as error:
        is_ours = isinstance(error, LOST_ERRORS)
        message = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    except Exception as error:  # a program error in one source must not stop the others
        _logger.error("following %s failed: %s", name_of(source.live_source), trace_of(error))
        message = f"unforeseen {type(error).__name__}"
    if message:
        _logger.warning("%s: %s", name_of(source.live_source), message)
    if is_ours:
        return message
    with suppress(*DATABASE_ERRORS):
        keep_poll(engine, source.live_source.declaration.key, source.live_source.rule, message)
    return message
