"""`telemetry`, `export-partitions` and `aggregate`: day partitions, their retention and states."""

import argparse
from datetime import timedelta

from commands.context import get_context
from geodata.clock import now
from geodata.database.partitions import open_store


def telemetry(options: argparse.Namespace) -> None:
    """List the partitions, or remove those older than their kind's retention."""
    context = get_context()
    settings, store = context.settings, open_store(context.settings)
    today = now().astimezone(context.city.zone).date()
    for kind in store.kinds():
        days = settings.telemetry_days.get(kind)
        if options.action == "prune" and days is not None:
            removed = store.prune(kind, today - timedelta(days=days))
            print(f"{kind}: {len(removed)} partitions older than {days} days removed")
        kept = store.partitions(kind)
        span = f", {kept[0].day} to {kept[-1].day}" if kept else ""
        print(f"{kind}: {len(kept)} partitions{span}, kept {days or 'without end'} days")


def export_partitions(options: argparse.Namespace) -> None:
    """Write the current records of a table as day partitions."""
    from etl.telemetry.export import export_partitions as export

    context = get_context()
    store = open_store(context.settings, options.store)
    with context.ready_engine.connect() as connection:
        for partition, rows in export(connection, store, options.table, context.city.timezone):
            print(f"{partition.name}: {rows} records")


def aggregate(options: argparse.Namespace) -> None:
    """Compute indicators' states from day partitions, here or on a cluster."""
    from layers.build.partitions import aggregate as build
    from layers.build.partitions import connected, run_here

    context = get_context()
    store = open_store(context.settings, options.store)
    with connected(options.cluster) as run:
        for key in options.indicators:
            found = build(context.ready_engine, context.city, store, key, run or run_here)
            print(found if found is not None else f"{key}: no partitions in {store.url}")
