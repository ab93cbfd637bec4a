"""`simulate`, `load`, `sources`, `loads`, `accept`, `findings`, `rejected`, `build`, `docs`."""

import argparse
from datetime import timedelta

from commands.context import get_context
from geodata.settings import ROOT


def simulate(options: argparse.Namespace) -> None:
    """Write the simulated departments' files, up to yesterday; or play today as it happens."""
    if options.live:
        from commands.simulate_live import simulate_live

        simulate_live(options)
        return
    from commands.simulated_files import write_simulated_files

    context = get_context()
    written = write_simulated_files(context.settings, context.city)
    print(f"{len(written.files)} files for {written.start_on} and {written.days - 1} days after it")


def load(options: argparse.Namespace) -> None:
    """Load the named sources, or all of the city."""
    from commands import sources as listed_sources

    context = get_context()
    listed_sources.load(
        context.ready_engine,
        context.city,
        options.names,
        options.path,
        options.all_,
        root=options.root,
        places=context.places,
    )


def sources(options: argparse.Namespace) -> None:
    """List the declared sources."""
    from commands import sources as listed_sources

    context = get_context()
    listed_sources.list_sources(context.ready_engine, context.city)


def loads(options: argparse.Namespace) -> None:
    """List the loads, or those that are held."""
    from commands import held
    from commands import sources as listed_sources

    engine = get_context().ready_engine
    if options.held:
        held.list_held(engine)
    else:
        listed_sources.list_loads(engine)


def accept(options: argparse.Namespace) -> None:
    """Load a held file after all."""
    from commands import held

    context = get_context()
    held.accept(context.ready_engine, context.city, options.load_id, context.places)


def rejected(options: argparse.Namespace) -> None:
    """List rejected rows."""
    from commands import sources as listed_sources

    listed_sources.list_rejected(get_context().ready_engine, options.load_id)


def findings(options: argparse.Namespace) -> None:
    """List the findings of a load."""
    from commands import sources as listed_sources

    listed_sources.list_findings(get_context().ready_engine, options.load_id)


def build(options: argparse.Namespace) -> None:
    """Bring states up to date (`--full`: compute all) and publish what changed.

    Raises:
        BuildError: after all the others, if an indicator could not be built.
    """
    from commands.published import publish_layers
    from layers.build.run import build_states
    from layers.errors import BuildError
    from layers.states.history import delete_history
    from layers.states.version import read_failures

    context = get_context()
    named = options.indicators or None
    for each in build_states(context.ready_engine, context.city, named, full=options.full):
        print(each)
    failures = read_failures(context.engine)
    for failure in failures:
        print(f"failed: {failure.indicator}: {failure.message}")
    for name in publish_layers(context.engine, context.city, context.settings.data_dir, named):
        print(f"published {name}")
    delete_history(context.engine, timedelta(days=context.settings.replay_days))
    if failures:
        raise BuildError(f"{len(failures)} indicators could not be built; their states are old")


def docs(options: argparse.Namespace) -> None:
    """Write docs/indicators.md."""
    from commands.readme import README, with_settings
    from etl.source.guide import fill_guide
    from layers.documentation.indicators import build_documentation

    guide, indicators = ROOT / "docs" / "add-a-source.md", ROOT / "docs" / "indicators.md"
    guide.write_text(fill_guide(guide.read_text(encoding="utf-8")), encoding="utf-8")
    indicators.write_text(build_documentation(get_context().city), encoding="utf-8")
    README.write_text(with_settings(README.read_text(encoding="utf-8")), encoding="utf-8")
    print(guide, indicators, README, sep="\n")
