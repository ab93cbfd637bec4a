import numpy as np
import pytest

from etl.batch import ROW
from etl.extract.jt808_file import read_jt808
from etl.source.file import SourceFile
from geodata.errors import ExtractError
from tests.unit.etl.telemetry.jt808_frames import frame, report


@pytest.fixture
def read(tmp_path, declare):
    def _read(*frames: bytes):
        path = tmp_path / "stream.bin"
        path.write_bytes(b"".join(frames))
        return read_jt808(SourceFile.at(path), declare(format="jt808"))

    return _read


def only(extracted):
    assert extracted.frame.height == 1, extracted.rejects.rows()
    return extracted.frame.row(0, named=True)


def test_a_location_report_is_read_field_by_field(read):
    """JT/T 808 0x0200: u32 alarm, status, lat, lon; u16 altitude, speed, direction; BCD time."""
    row = only(read(frame(report(alarm=1 << 8))))
    assert row == {
        ROW: 1, "phone": "13900000001", "alarm": "256", "status": "3", "is_shifted": "false",
        "lon": "125.32", "lat": "43.88", "altitude_m": "210", "speed_kmh": "35.6",
        "direction": "90", "time": "2026-11-20 08:30:05+08:00",
    }  # fmt: skip


def test_a_published_frame_byte_by_byte(read):
    """A frame spelled out by hand, with an escaped 7e in its serial number and 7d in its speed."""
    body = "000000000000000a029d8fc007783d4000c8007d005a261120083005"
    head = "0200001c013912345678007e"
    plain = bytes.fromhex(head + body)
    parity = int(np.bitwise_xor.reduce(np.frombuffer(plain, np.uint8)))
    sent = "0200001c013912345678007d02" + body.replace("007d005a", "007d01005a")
    row = only(read(bytes.fromhex(f"7e{sent}{parity:02x}7e")))
    assert (row["phone"], row["speed_kmh"]) == ("13912345678", "12.5")
    assert (row["lon"], row["lat"]) == ("-125.320512", "43.880384")  # bit 3: west


def test_escaped_bytes_come_back(read):
    row = only(read(frame(report(alarm=0x7D7E7D02, altitude=0x7E7D), phone="0139007e7d01")))
    assert row["alarm"] == str(0x7D7E7D02)
    assert row["altitude_m"] == str(0x7E7D)
    assert row["phone"] == "139007e7d01"


def test_bits_two_and_three_are_south_and_west(read):
    row = only(read(frame(report(lon=46.6, lat=23.5, status=0b1110))))
    assert (float(row["lon"]), float(row["lat"])) == (-46.6, -23.5)


def test_bit_five_marks_coordinates_that_passed_the_plug_in(read):
    assert only(read(frame(report(status=0b100010))))["is_shifted"] == "true"


def test_without_a_fix_a_report_is_no_place(read):
    extracted = read(frame(report(status=0b01)), frame(report()))
    assert extracted.frame[ROW].to_list() == [2]
    assert extracted.rejects.select(ROW, "reason").rows() == [(1, "no position fix")]


def test_the_form_of_2019_and_additional_items(read):
    longer = frame(report(extra=bytes.fromhex("0104000000fa")), phone="00000000013800138000")
    assert only(read(longer))["phone"] == "13800138000"


def test_other_messages_are_no_rows(read):
    extracted = read(frame(b"", message=0x0002), frame(report()), frame(b"\1\2", message=0x0704))
    assert extracted.frame[ROW].to_list() == [2]
    assert extracted.rows_in == 1


def test_damaged_frames_are_kept_with_their_reason(read):
    whole = frame(report())
    extracted = read(
        frame(report(), checksum=0),
        b"\x7e\x02\x00\x7e",
        frame(report()[:20]),
        frame(report(), properties=1 << 13),
        whole,
        whole[:-9],  # broken off
    )
    reasons = dict(extracted.rejects.select(ROW, "reason").iter_rows())
    assert extracted.frame.height == 1
    assert reasons[1] == "wrong checksum"
    assert reasons[2] == "too short for a message"
    assert reasons[3] == "the body is too short for a location report"
    assert len(reasons) == 4  # what has no closing flag yet is no frame
    assert extracted.rejects["raw"][1] == '"0200"'


def test_flags_may_be_shared_by_neighbours(read):
    first, second = frame(report()), frame(report(clock="261120083015"))
    assert read(first[:-1] + second).frame.height == 2


@pytest.mark.parametrize("content", [b"", b"\x7e", b"no frames here"])
def test_what_is_no_stream_is_refused(read, content):
    with pytest.raises(ExtractError, match="not a JT/T 808 stream"):
        read(content)
