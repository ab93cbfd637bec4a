"""Files that are small on the disk and huge in memory are refused before they are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from etl.extract.dbf import read_dbf
from etl.gtfs.archive import read_feed_files
from etl.limits import LimitError, Limits
from etl.roads.read import read_ways
from etl.source.file import SourceFile
from geodata.errors import ExtractError
from tests.unit.etl.conftest import INCIDENT
from tests.unit.etl.extract.bombs import GB, all_bombs, blob, dbf_without_width, zeros, zip_by_hand

ROOT = Path(__file__).resolve().parents[4]
MOST_MB = 900  # the program's own 250, and a text of 160 MB beside its bytes and its blocks
LARGEST_ON_DISK = 40 << 20
_READS = """
import json, re, sys
from etl.extract import read_file
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from geodata.errors import ExtractError
from pathlib import Path

for name, path, declared in json.load(sys.stdin):
    try:
        rows = read_file(SourceFile.at(Path(path)), SourceDeclaration.model_validate(declared))
        said = f"read {rows.rows_in} rows"
    except ExtractError as error:
        said = f"{type(error).__name__}: {error}"
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) >> 10
    print(json.dumps([name, said, peak]), flush=True)
"""


def test_bombs_are_refused_by_name_and_take_no_memory(tmp_path: Path) -> None:
    asked, expected = [], {}
    for number, (name, file, content, declared, says) in enumerate(all_bombs(tmp_path)):
        assert len(content) <= LARGEST_ON_DISK, name
        path = tmp_path / str(number) / file
        path.parent.mkdir()
        path.write_bytes(content)
        asked.append((name, str(path), INCIDENT | declared))
        expected[name] = file, says
    done = subprocess.run(
        [sys.executable, "-c", _READS], input=json.dumps(asked), capture_output=True, text=True,
        cwd=ROOT, timeout=100, check=False,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(asked), done.stderr
    for name, said, peak in answers:
        file, says = expected[name]
        assert file in said, (name, said)
        assert says in said, (name, said)
        assert not said.startswith("read"), (name, said)
        assert peak < MOST_MB, (name, peak)
    assert len(answers) > 35


def test_a_timetable_that_unpacks_without_end_is_refused() -> None:
    content = zip_by_hand([("stops.txt", zeros(GB), 8, GB)])
    with pytest.raises(LimitError, match=r"feed\.zip/stops\.txt: .* times its .*limits\.ratio"):
        read_feed_files(SourceFile("feed.zip", content=content))
    within = zip_by_hand([("inner.zip", zeros(3 * GB), 8, 3 * GB)])
    with pytest.raises(LimitError, match=r"feed\.zip: unpacks to 3,221,225,472 bytes"):
        read_feed_files(SourceFile("feed.zip", content=within))


def test_a_block_of_roads_is_not_believed() -> None:
    with pytest.raises(ExtractError, match=r"a\.osm\.pbf: cannot be read"):
        read_ways(SourceFile("a.osm.pbf", content=blob(2 << 30)))


def test_roads_of_too_many_points_are_refused() -> None:
    nodes = "".join(f'<node id="{at}" lat="44" lon="125"/>' for at in range(1, 9))
    way = "".join(f'<nd ref="{at}"/>' for at in range(1, 9))
    two = "".join(f'<way id="{at}">{way}<tag k="highway" v="road"/></way>' for at in (1, 2))
    content = f'<osm version="0.6">{nodes}{two}</osm>'.encode()
    with pytest.raises(LimitError, match=r"a\.osm: .*at most 4 \(limits\.values\)"):
        read_ways(SourceFile("a.osm", content=content), Limits(values=4))
    assert read_ways(SourceFile("a.osm", content=content)).tags.height == 2


def test_columns_of_no_width_are_damage(declare) -> None:
    with pytest.raises(ExtractError, match="fields do not fit its records"):
        read_dbf(SourceFile("a.dbf"), dbf_without_width(), "", declare())
