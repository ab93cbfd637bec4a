#!/usr/bin/env python
"""The command line: arguments to commands. Each command imports its rooms when it runs."""

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from commands import data, database, disclosure, live, screens, steps, telemetry, users
from geodata.database.handle import OperationalError
from geodata.errors import OperationsError
from geodata.private_files import UMASK

# Faults of the machine, not of the program: a trace of it would help nobody.
OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
EXIT_STATUS: dict[type[OperationsError], int] = {OperationsError: 2}

Command = Callable[[argparse.Namespace], None]
AddCommand = Callable[[str, Command, str], argparse.ArgumentParser]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an error meant for the user becomes one line and an exit status."""
    options = build_parser().parse_args(arguments)
    umask = os.umask(UMASK)  # calls and addresses are for this account alone
    try:
        options.command(options)
    except OperationsError as error:
        print(f"error: {error}", file=sys.stderr)
        return next(EXIT_STATUS[kind] for kind in type(error).__mro__ if kind in EXIT_STATUS)
    except OSError as error:
        if error.errno not in OF_THE_MACHINE:
            raise
        print(f"error: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        return EXIT_STATUS[OperationsError]
    except OperationalError as error:  # the server is gone, or its disk is full
        print(f"error: the database: {str(error.orig).strip()}", file=sys.stderr)
        return EXIT_STATUS[OperationsError]
    except KeyboardInterrupt:
        return 130
    finally:
        os.umask(umask)
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser = argparse.ArgumentParser(prog="app.py", description="City operations center")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Command, summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(command=command)
        return added

    running = add("run", screens.run, "set up what is missing, follow live sources, serve")
    running.add_argument(
        "--play",
        action=argparse.BooleanOptionalAction,
        help="simulate today as it happens; by default where every live source is simulated",
    )
    running.add_argument("--speed", type=float, default=1.0, help="of that, times real time")
    add("serve", screens.serve, "serve the screens")
    add("setup", steps.setup, "do what is missing of database, simulated files, loads, states")
    _add_database(add)
    _add_users(add)
    _add_data(add)
    return parser


def _add_database(add: AddCommand) -> None:
    db = add("db", database.cluster, "the private database cluster, and the database's roles")
    db.add_argument("action", choices=["start", "stop", "status", "roles"])
    db.add_argument("--reset", action="store_true", help="roles: give them new passwords")
    for name, command, summary in (
        ("backup", database.backup, "write the database into a file"),
        ("restore", database.restore, "put a backup in the place of the database"),
    ):
        add(name, command, summary).add_argument("file", type=Path, metavar="FILE")
    add("migrate", database.migrate, "bring the database's schema up to date")


def _add_users(add: AddCommand) -> None:
    group = add("users", users.list_, "who may sign in, and the tokens of walls, kiosks, programs")
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)

    def act(name: str, command: Command, summary: str, *named: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=summary, description=summary)
        added.set_defaults(command=command)
        for each in named:
            added.add_argument(each, metavar=each.upper())
        return added

    adding = act("add", users.add, "add a user", "name")
    adding.add_argument("--role", required=True, choices=users.USERS)
    adding.add_argument(
        "--district", action="append", default=[], dest="districts", metavar="ID",
        help="whose records the user may read; more than one is allowed; all, when none is named",
    )  # fmt: skip
    changing = act("password", users.password, "give a user a new password", "name")
    for each in (adding, changing):
        each.add_argument(
            "--password-file", type=Path, metavar="FILE", help="its first line; else it is asked"
        )
    act("list", users.list_, "list the users")
    act("disable", users.disable, "sign a user out and let them in no more", "name")
    act("enable", users.enable, "let a disabled or locked-out user sign in again", "name")
    making = act("token", users.token, "make the token of a device or a program")
    making.add_argument("kind", choices=users.DEVICES)
    making.add_argument("name", metavar="NAME")
    act("tokens", users.tokens, "list the tokens given out")
    act("revoke", users.revoke, "let a device or a program in no more", "name")


def _add_data(add: AddCommand) -> None:
    simulating = add(
        "simulate", data.simulate, "write the files that nobody publishes, from the seed"
    )
    simulating.add_argument("--live", action="store_true", help="play today as it happens")
    simulating.add_argument("--speed", type=float, default=1.0, help="times real time")
    simulating.add_argument("--from", dest="from_", metavar="HH:MM", help="begin there, not now")
    simulating.add_argument("--until", metavar="HH:MM", help="end there")
    simulating.add_argument("--faults", nargs="*", default=[], metavar="FAULT", help="all, or some")
    load = add("load", data.load, "load sources' files; a file loaded before changes nothing")
    load.add_argument("names", nargs="*", metavar="SOURCE|DECLARATION.yaml")
    load.add_argument("--path", type=Path, metavar="FILE", help="this file, not the declared one")
    load.add_argument("--root", type=Path, metavar="DIR", help="where declared paths begin")
    load.add_argument("--all", action="store_true", dest="all_", help="every source of the city")
    following = add("live", live.live, "follow the live sources and keep the states current")
    following.add_argument("sources", nargs="*", metavar="SOURCE", help="all, when none is named")
    add("sources", data.sources, "list the declared sources")
    loads = add("loads", data.loads, "list what was loaded")
    loads.add_argument("--held", action="store_true", help="only what waits to be accepted")
    accepting = add("accept", data.accept, "load a held file after all")
    accepting.add_argument("load_id", type=int, metavar="LOAD_ID")
    rejected = add("rejected", data.rejected, "list the rows that were not loaded, and why")
    rejected.add_argument("--load", type=int, dest="load_id", metavar="ID", help="of this load")
    found = add("findings", data.findings, "list what was found in the file of a load")
    found.add_argument("--load", type=int, dest="load_id", metavar="ID", required=True)
    build = add("build", data.build, "compute indicators' states from the records")
    build.add_argument("indicators", nargs="*", metavar="INDICATOR", help="all, when none is named")
    build.add_argument("--full", action="store_true", help="all states, not only what is new")
    _add_partitions(add)
    told = add("disclosure", disclosure.disclosure, "report what is published and withheld")
    told.add_argument("--write", metavar="FILE", help="as a page, not on the screen")
    told.add_argument("--restate", action="store_true", help="publish held changes first")
    add("docs", data.docs, "write the generated pages and tables of docs")


def _add_partitions(add: AddCommand) -> None:
    kept = add("telemetry", telemetry.telemetry, "list day partitions, or remove those too old")
    kept.add_argument("action", choices=["list", "prune"])
    export = add(
        "export-partitions", telemetry.export_partitions, "write a table's records as partitions"
    )
    export.add_argument("table", metavar="TABLE")
    count = add("aggregate", telemetry.aggregate, "compute indicators' states from partitions")
    count.add_argument("indicators", nargs="+", metavar="INDICATOR")
    count.add_argument("--cluster", metavar="tcp://HOST:PORT", help="scheduler of a Dask cluster")
    for each in (export, count):
        each.add_argument("--store", metavar="URL", help="folder or fsspec address")


if __name__ == "__main__":
    sys.exit(main())
