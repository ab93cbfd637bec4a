from datetime import timedelta

from etl.plates.load import read_plates
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from geodata.clock import now
from tests.unit.etl.conftest import INCIDENT

PAIRING = {"reader_id": "r", "token": "t", "read_at": {"source": "at", "zone": "UTC"}}


def test_reads_whose_time_cannot_be_are_rejected_without_their_text(tmp_path):
    later = now().date() + timedelta(days=3)
    path = tmp_path / "reads.csv"
    path.write_text(
        "r,t,at\nA,x,2026-11-01 08:00:00\nA,y,1970-01-01 08:00:00\n"
        f"A,z,{later} 08:00:00\nA,,2026-11-01 08:00:00\nA,v,soon\n"
    )
    said = INCIDENT | {"table": "link_time", "mapping": {}, "pairing": PAIRING}
    reads, rejects = read_plates(
        SourceFile.at(path), SourceDeclaration.model_validate(said), "Asia/Shanghai"
    )
    assert reads["token"].to_list() == ["x"]
    assert rejects.rows() == [
        (3, "read_at", "lies before the source's first day"),
        (4, "read_at", "lies in the future"),
        (5, "token", "is missing or cannot be read"),
        (6, "read_at", "is missing or cannot be read"),
    ]
