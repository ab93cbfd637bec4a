"""A few lines that stand for more rows than can be made are refused before they are."""

from datetime import date
from pathlib import Path

import pytest

from etl.gtfs.feed import read_feed
from etl.gtfs.timetable import expand_feed
from etl.limits import LimitError
from etl.source.file import SourceFile
from etl.source.mapping import Expansion

TODAY = date(2026, 11, 2)
STOPS = "stop_id,stop_name,stop_lat,stop_lon\na,A,43.8,125.3\nb,B,43.9,125.3\n"
AGENCY = "agency_name,agency_url,agency_timezone\nA,http://a,Asia/Shanghai\n"
CALENDAR = (
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
)
TIMES = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
FREQUENCIES = "trip_id,start_time,end_time,headway_secs\n"


def feed_of(folder: Path, days: str, times: str, frequencies: str = "") -> SourceFile:
    tables = {
        "agency.txt": AGENCY, "stops.txt": STOPS,
        "routes.txt": "route_id,route_short_name,route_type\nr,1,3\n",
        "trips.txt": "route_id,service_id,trip_id\nr,s,t\n",
        "calendar.txt": CALENDAR + days, "stop_times.txt": TIMES + times,
    }  # fmt: skip
    if frequencies:
        tables["frequencies.txt"] = FREQUENCIES + frequencies
    for name, text in tables.items():
        (folder / name).write_text(text)
    return SourceFile.at(folder)


def expand(file: SourceFile) -> int:
    feed = read_feed(file, TODAY)
    return expand_feed(feed, "x", Expansion(), TODAY, "Asia/Shanghai").departures.height


EVERY_DAY = "s,1,1,1,1,1,1,1,20261101,20261231\n"
MORNING = "t,07:00:00,07:00:00,a,1\nt,07:10:00,07:10:00,b,2\n"


def test_an_ordinary_feed_is_expanded(tmp_path: Path) -> None:
    assert expand(feed_of(tmp_path, EVERY_DAY, MORNING, "t,07:00:00,08:00:00,600\n")) > 0


SECONDS = "t,00:00:00,700:00:00,1\n"
LONG = "".join(f"t,07:{n:02}:00,07:{n:02}:00,a,{n}\n" for n in range(30))
OVERLAPPING = "".join(f"t,00:00:{n:02},700:00:00,1\n" for n in range(30))
SINCE_YEAR_1 = "".join(f"s{n},1,1,1,1,1,1,1,00010101,20261231\n" for n in range(100))
CASES = {
    "frequencies.txt: it stands for": (EVERY_DAY, MORNING, OVERLAPPING),
    "stop_times.txt: its trips make some": (EVERY_DAY, LONG, SECONDS),
    "a trip runs for 42 days": (EVERY_DAY, MORNING + "t,999:00:00,999:00:00,a,3\n", ""),
    "calendar.txt: its services run on some": (EVERY_DAY + SINCE_YEAR_1, MORNING, ""),
}


@pytest.mark.parametrize("says", CASES)
def test_what_stands_for_too_much_is_refused(tmp_path: Path, says: str) -> None:
    with pytest.raises(LimitError, match=says):
        expand(feed_of(tmp_path, *CASES[says]))
