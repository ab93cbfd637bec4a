"""New calls as lines of a command centre's file, each with its own mark and place."""

import csv
import io
from datetime import datetime
from pathlib import Path

from geodata.city.configuration import City

SYSTEM = "120"
ENCODING = "utf-8"
_CLOCK = "%Y/%m/%d %H:%M:%S"
_A_ROW = 20  # calls stand in rows, far enough apart that no two circles of the map overlap
_STEP_LON, _STEP_LAT = 0.02, 0.015
_KNOWN = ("呼救流水号", "事件编号", "呼叫号码", "主诉分类", "呼救时间", "摘机时间", "经度", "纬度")
_PLAIN = {"修订号": "0", "病情等级": "二级", "任务状态": "有效", "重复呼救": "否", "跨区支援": "否"}


class CallFile:
    """The live file of the 120 system, to which calls are appended one by one."""

    def __init__(self, folder: Path, like: Path, city: City) -> None:
        """Begin a file in an incoming folder, with the header of those in the folder `like`."""
        self._city = city
        self._path = folder / "live" / f"incidents_{SYSTEM}_bench.csv"
        self._names = _header(like)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(",".join(self._names) + "\n", encoding=ENCODING)

    def append(self, number: int, mark: str, at: datetime) -> None:
        """Append an open call that was received at an instant; the wall shows its mark."""
        local = at.astimezone(self._city.zone).strftime(_CLOCK)
        row, column = divmod(number, _A_ROW)
        lon = self._city.camera.lon + (column - _A_ROW / 2) * _STEP_LON
        lat = self._city.camera.lat + (row % _A_ROW - _A_ROW / 4) * _STEP_LAT
        name = f"bench{at:%H%M%S}{number:04d}"
        known = (name, name, SYSTEM, mark, local, local, f"{lon:.6f}", f"{lat:.6f}")
        values = {**_PLAIN, **dict(zip(_KNOWN, known, strict=True))}
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(values.get(each, "") for each in self._names)
        with self._path.open("ab") as stream:
            stream.write(text.getvalue().encode(ENCODING))


def _header(folder: Path) -> list[str]:
    newest = max(folder.glob(f"incidents_{SYSTEM}_*.csv"))
    with newest.open(encoding="utf-8-sig") as stream:
        return next(csv.reader(stream))
