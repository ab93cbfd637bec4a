"""Calls of the bench are lines as the 120 system writes them."""

import csv
from datetime import UTC, datetime

from bench.live_calls import CallFile
from geodata.city.configuration import load_city

AT = datetime(2026, 11, 22, 16, 30, 5, tzinfo=UTC)
HEADER = "呼救流水号,修订号,呼叫号码,主诉分类,呼救时间,任务状态,经度,纬度\n"


def test_a_call_is_one_whole_line_with_its_own_mark_and_place(tmp_path):
    (tmp_path / "emergency").mkdir()
    (tmp_path / "emergency" / "incidents_120_202611.csv").write_text(HEADER, encoding="utf-8-sig")
    calls = CallFile(tmp_path, tmp_path / "emergency", load_city("changchun"))
    for number in range(25):
        calls.append(number, f"mark {number}", AT)
    (path,) = (tmp_path / "live").glob("incidents_120_*.csv")
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["主诉分类"] for row in rows] == [f"mark {number}" for number in range(25)]
    assert {row["呼救时间"] for row in rows} == {"2026/11/23 00:30:05"}
    assert len({row["呼救流水号"] for row in rows}) == 25
    assert len({(row["经度"], row["纬度"]) for row in rows}) == 25
