"""The simulator's settings of one city: `simulation.yaml` in the city's folder, typed."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from geodata.declared import Declared, read_declared
from geodata.errors import CityError

Channel = Literal["110", "119", "120", "122", "12350"]


class Settlement(Declared):
    """A built-up place: its centre, its radius and its weight for people."""

    name: str
    lon: float
    lat: float
    radius_km: float = Field(gt=0)
    strength: float = Field(default=1.0, gt=0)
    kind: Literal["core", "subcentre", "seat", "town"] = "town"


class OpenLand(Declared):
    """A park, lake or forest where nobody lives."""

    name: str
    lon: float
    lat: float
    radius_km: float = Field(gt=0)


class Population(Declared):
    """How residents are spread: built-up settlements, then villages."""

    vintage_on: date = date(2020, 11, 1)
    settlements: list[Settlement] = Field(default_factory=list)
    open_land: list[OpenLand] = Field(default_factory=list)
    urban_share: dict[str, float] = Field(default_factory=dict)
    default_urban_share: float = Field(default=0.85, ge=0, le=1)
    urban_residents_per_cell: float = Field(default=130, gt=0)
    town_residents_per_cell: float = Field(default=90, gt=0)
    village_residents: float = Field(default=620, gt=0)
    village_cells: int = Field(default=8, ge=1)


class RailLine(Declared):
    """A line in operation: which stations of the station list it serves, and when."""

    line: str
    source_line: str
    seqs: list[tuple[int, int]]
    closed_seqs: list[int] = Field(default_factory=list)
    kind: Literal["metro", "light_rail", "tram"] = "metro"
    first: str = "05:50"
    last: str = "22:00"
    first_back: str | None = None
    last_back: str | None = None
    peak_headway_min: float = 6
    speed_kmh: float = 35
    color: str = "4E79A7"


class BusClass(Declared):
    """A class of bus lines: how many, how long, how often."""

    key: str
    lines: int = Field(ge=0)
    length_km: tuple[float, float]
    peak_headway_min: tuple[float, float]
    first: str = "05:40"
    last: str = "21:00"
    speed_kmh: float = 17.5


class Transit(Declared):
    """The rail lines, the bus network and the days of service."""

    starts_on: date = date(2026, 11, 1)
    ends_on: date = date(2027, 3, 31)
    rail_agency: str = "轨道交通"
    bus_agency: str = "公交集团"
    agency_url: str = "https://example.org"
    rail: list[RailLine] = Field(default_factory=list)
    urban: list[BusClass] = Field(default_factory=list)
    seat_lines: int = Field(default=4, ge=0)
    rural_lines: int = Field(default=12, ge=0)
    stop_spacing_m: float = Field(default=560, gt=100)
    peaks: tuple[tuple[str, str], ...] = (("06:30", "08:45"), ("16:30", "18:45"))
    logged_classes: tuple[str, ...] = ("trunk",)  # lines whose dispatch log is kept
    avl_lines: int = Field(default=5, ge=0)  # the first of them, whose buses report positions
    log_days: int = Field(default=14, ge=1)
    holidays: list[date] = Field(default_factory=list)
    makeup_days: list[date] = Field(default_factory=list)


class CallKind(Declared):
    """A category of calls on a channel, as the department names it."""

    name: str
    weight: float = Field(gt=0)
    priority: str
    urban: float = 1.0  # 1 follows the day-time population, 0 the residents


class ChannelRules(Declared):
    """One channel: its load, its stations and the pace of its clocks."""

    calls_per_day: float = Field(gt=0)
    calls_per_event: float = Field(default=1.0, ge=1)
    kinds: list[CallKind]
    hours: list[float] = Field(min_length=24, max_length=24)
    weekdays: list[float] = Field(default=[1.0] * 7, min_length=7, max_length=7)
    stations: int = Field(ge=1)
    patrol: bool = False
    answer_s: float = 6
    process_s: float = 60
    turnout_s: float = 60
    speed_kmh: float = 32
    delay_s: float = 40
    scene_min: float = 30
    close_min: float = 20


class Faults(Declared):
    """Shares of rows that carry a planted fault."""

    missing_arrival: float = 0.045
    negative_clock: float = 0.002
    batch_keyed: float = 0.01
    cancelled: float = 0.02
    test_call: float = 0.003
    mutual_aid: float = 0.008
    zero_coordinates: float = 0.0015
    swapped_coordinates: float = 0.001
    outside_city: float = 0.001
    blank_coordinates: float = 0.008
    blank_id: float = 0.0006
    never_closed: float = 0.0015
    cross_duplicate: float = 0.10  # of 122 accidents: the same crash also reported to 110


class Operator(Declared):
    """A telecom operator: its share of users and its speeds."""

    name: str
    mobile_share: float
    fixed_share: float
    mobile_mbps_5g: float
    fixed_mbps: float
    shares_sites_with: str | None = None


class Broadband(Declared):
    """Probes, radio measurements, access points and base stations."""

    operators: list[Operator]
    speed_tests_per_day: int = 3000
    radio_samples_per_day: int = 20000
    radio_days: int = 14
    access_points: int = 1200
    gnb_per_10k: float = 26
    enb_per_10k: float = 15
    share_5g_urban: float = 0.82
    share_5g_rural: float = 0.45
    hall_names: list[str] = Field(default_factory=list)


class HospitalGrade(Declared):
    """A named hospital of the city: its official grade and size class."""

    match: str
    grade: str
    beds: int


class Health(Declared):
    """Hospitals, their staff, emergency departments and recognised results."""

    beds_per_1000: float = 7.5
    doctors_per_1000: float = 3.6
    grades: list[HospitalGrade] = Field(default_factory=list)
    exclude: list[str] = Field(default_factory=list)
    catalogue_items: int = 40
    recognition_rate: tuple[float, float] = (0.30, 0.60)
    recognition_months: int = 6


class Traffic(Declared):
    """Number-plate readers on a lattice of main roads around the middle of the city."""

    readers_a_side: int = Field(default=8, ge=2, le=30)
    spacing_m: float = Field(default=1500, gt=200)
    trips_per_day: int = Field(default=18000, ge=0)
    days: int = Field(default=3, ge=0)


class Simulation(Declared):
    """All settings of the simulator for one city."""

    language: str = "zh"
    population: Population = Population()
    transit: Transit = Transit()
    channels: dict[Channel, ChannelRules]
    faults: Faults = Faults()
    broadband: Broadband
    health: Health = Health()
    traffic: Traffic = Traffic()


def read_simulation(path: Path) -> Simulation:
    """Read the city's simulation file.

    Raises:
        CityError: the file is missing or a key does not fit; names the file.
    """
    return read_declared(path, Simulation, error=CityError)
