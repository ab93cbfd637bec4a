"""The simulated departments' files: written beside, renamed, with a marker when complete."""

import hashlib
import json
import tempfile
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from etl.pipeline.destroy import receipt_of
from geodata.city.configuration import City
from geodata.clock import now
from geodata.private_files import make_private_folder
from geodata.settings import ROOT, Settings

MARKER = "simulated.json"
SIMULATION = "simulation.yaml"
SIMULATOR = ROOT / "simulator"


@dataclass(frozen=True)
class SimulatedFiles:
    """The marker's content: the files in the folder, and what they were made from."""

    city: str
    seed: int
    start_on: str
    days: int
    configuration: str  # checksum of the city's simulation file and of the simulator
    files: list[str]

    @property
    def last_on(self) -> date:
        """The last day that the files cover."""
        return date.fromisoformat(self.start_on) + timedelta(days=self.days - 1)


def incoming_dir(settings: Settings, city: City) -> Path:
    """Return the folder that the city's departments' files arrive in."""
    return settings.data_dir / "incoming" / city.code


def read_simulated_files(settings: Settings, city: City) -> SimulatedFiles | None:
    """Return what was simulated with today's seed and length; None if incomplete."""
    folder = incoming_dir(settings, city)
    try:
        marker = SimulatedFiles(**json.loads((folder / MARKER).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    made_from = (marker.seed, marker.days, marker.configuration)
    is_same = made_from == (settings.seed, settings.simulate_days, _configuration(city))
    is_whole = all(_is_there(folder / name) for name in marker.files)
    return marker if is_same and is_whole else None


def write_simulated_files(settings: Settings, city: City) -> SimulatedFiles:
    """Simulate up to yesterday and move the files into the incoming folder, the marker last.

    Other files there stay: a department's real file may lie beside the simulated ones.
    """
    from simulator import simulate

    folder = incoming_dir(settings, city)
    make_private_folder(folder)
    start_on = _today(city) - timedelta(days=settings.simulate_days)
    with tempfile.TemporaryDirectory(prefix=f".{city.code}-", dir=folder.parent) as text:
        new = Path(text)
        simulate(city, new, settings.seed, start_on, settings.simulate_days)
        names = sorted(str(path.relative_to(new)) for path in new.rglob("*") if path.is_file())
        _retire(folder)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).replace(folder / name)
        done = SimulatedFiles(
            city.code,
            settings.seed,
            start_on.isoformat(),
            settings.simulate_days,
            _configuration(city),
            names,
        )
        (new / MARKER).write_text(json.dumps(asdict(done), indent=1), encoding="utf-8")
        (new / MARKER).replace(folder / MARKER)
    return done


def describe_age(files: SimulatedFiles, city: City) -> str:
    """Return a message if the files end before yesterday, with the remedy; empty if they do not.

    They are not rewritten unasked: that, and loading them, takes minutes.
    """
    if files.last_on >= _today(city) - timedelta(days=1):
        return ""
    return f"simulated files end on {files.last_on}; `app.py simulate` writes them up to yesterday"


def _is_there(path: Path) -> bool:
    """Return whether a file is there, or was until its plate reads were counted and destroyed."""
    return path.exists() or receipt_of(path).exists()


def _retire(folder: Path) -> None:
    """Remove the files of an earlier simulation, its marker first."""
    marker = folder / MARKER
    try:
        names = SimulatedFiles(**json.loads(marker.read_text(encoding="utf-8"))).files
    except (OSError, ValueError, TypeError):
        return
    marker.unlink()
    for name in names:
        (folder / name).unlink(missing_ok=True)
        receipt_of(folder / name).unlink(missing_ok=True)


def _configuration(city: City) -> str:
    digest = hashlib.sha256((city.folder / SIMULATION).read_bytes())
    for path in sorted(SIMULATOR.rglob("*.py")):  # a newer program may simulate more departments
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _today(city: City) -> date:
    return now().astimezone(ZoneInfo(city.timezone)).date()
