"""Numbers and times as people and spreadsheets write them."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from etl.transform.numbers import Signs, parse_number
from etl.transform.times import parse_clock, parse_date

SLASHES = "%Y/%m/%d %H:%M"


def clock(text, *formats, zone="Asia/Shanghai"):
    frame = pl.DataFrame({"t": [text]}, schema={"t": pl.String})
    at = frame.select(parse_clock(pl.col("t"), formats, zone, end=False)).item()
    return at and at.astimezone(UTC).strftime("%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2026-05-03 上午 8:30", [], "05-03 00:30:00"),
        ("2026/5/3 下午2:05:09", [], "05-03 06:05:09"),
        ("2026/05/03 下午 2:05", [SLASHES], "05-03 06:05:00"),
        ("2026/05/03 下午 2:05", ["%Y/%m/%d %p %I:%M"], "05-03 06:05:00"),
        ("2026年5月3日 下午2时5分", ["%Y年%m月%d日 %H时%M分"], "05-03 06:05:00"),
        ("2026-05-03 上午 12:10", [], "05-02 16:10:00"),
        ("2026-05-03 下午 12:10", [], "05-03 04:10:00"),
        ("2026-05-03 下午 15:10", [], "05-03 07:10:00"),
        ("2026-05-03 上午 15:10", [], None),
        ("2026-05-03 凌晨 1:00", [], "05-02 17:00:00"),
        ("2026-05-03 中午 12:30", [], "05-03 04:30:00"),
        ("2026-05-03 晚上 9:30", [], "05-03 13:30:00"),
        ("2026-05-03 晚上 1:30", [], None),
        ("2026-05-03 9:05:07 pm", [], "05-03 13:05:07"),
        ("2026-05-03 9 a.m.", [], "05-03 01:00:00"),
        ("２０２６－０５－０３　０８：３０", [], "05-03 00:30:00"),
        ("2026-05-03 24:00", [], "05-03 16:00:00"),
        ("2026-05-31 24:00:00", [], "05-31 16:00:00"),
        ("2026/05/03 24:00", [SLASHES], "05-03 16:00:00"),
        ("2026-05-03T24:00:00Z", [], "05-04 00:00:00"),
        ("20260503240000", ["%Y%m%d%H%M%S"], "05-03 16:00:00"),
        ("2026年5月3日 24时00分", ["%Y年%m月%d日 %H时%M分"], "05-03 16:00:00"),
        ("2026-05-03 24:01", [], None),
        ("46145.354166667", ["excel"], "05-03 00:30:00"),
        ("46145", ["iso", "excel"], "05-02 16:00:00"),
        ("1777768200", ["epoch_s"], "05-03 00:30:00"),
        ("1777768200000", ["epoch_s", "epoch_ms"], "05-03 00:30:00"),
        ("1777768200000000", ["epoch_us"], "05-03 00:30:00"),
    ],
)
def test_clocks_in_the_spellings_of_people(text, formats, expected):
    assert clock(text, *formats) == expected


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("0", "epoch_s"),
        ("46145.35", "epoch_s"),
        ("1777768200", "epoch_ms"),
        ("1777768200000", "epoch_s"),
        ("1777768200000", "epoch_us"),
        ("1777768200", "excel"),
        ("20260503", "excel"),
        ("8.5", "excel"),
        ("nan", "epoch_s"),
        ("inf", "excel"),
    ],
)
def test_a_number_in_another_unit_is_no_time(text, format_):
    assert clock(text, format_) is None


def test_24_00_is_the_next_midnight_of_the_clocks_on_the_wall():
    assert clock("2026-03-29 24:00", zone="Europe/Berlin") == "03-29 22:00:00"
    frame = pl.DataFrame({"t": ["2026-02-28 24:00", "２０２６-03-01", "46082"]})
    days = frame.select(parse_date(pl.col("t"), ["iso", "excel"], end=False)).to_series().to_list()
    assert days == [date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 1)]


def test_usual_times_stay_where_others_are_respelt():
    frame = pl.DataFrame({"t": ["2026-05-03 08:00:00", None, "2026-05-03 下午 1:00", "soon", "x"]})
    found = frame.select(parse_clock(pl.col("t"), [], "UTC", end=False)).to_series().to_list()
    day = datetime(2026, 5, 3, tzinfo=UTC)
    assert found == [day.replace(hour=8), None, day.replace(hour=13), None, None]


def number(text, signs=Signs(), *, is_whole=False, scale=1.0):  # noqa: B008
    frame = pl.DataFrame({"n": [text, None, text]}, schema={"n": pl.String})
    read = parse_number(pl.col("n"), is_whole=is_whole, scale=scale, signs=signs)
    first, missing, last = frame.select(read).to_series().to_list()
    assert missing is None
    assert first == last
    return first


@pytest.mark.parametrize(
    ("text", "signs", "expected"),
    [
        ("125,3240", Signs(","), 125.324),
        ("1.234.567,89", Signs(",", "."), 1234567.89),
        ("1,234,567.5", Signs(".", ","), 1234567.5),
        ("1 234,5", Signs(",", " "), 1234.5),
        ("1\u00a0234\u202f567", Signs(",", " "), 1234567.0),
        ("1'234.5", Signs(".", "'"), 1234.5),
        ("-0,5", Signs(","), -0.5),
        (",5", Signs(","), 0.5),
        ("1,5e3", Signs(","), 1500.0),
        ("１２，５", Signs(","), 12.5),
        ("１２．５", Signs(), 12.5),
        ("−3", Signs(), -3.0),
        ("12,34", Signs(".", ","), None),  # a thousand has three digits
        ("1.5", Signs(","), None),
        ("1.5", Signs(",", besides_plain=True), 1.5),
        ("1,5", Signs(",", besides_plain=True), 1.5),
        ("1,5", Signs(), None),
        ("5²", Signs(), None),
        ("", Signs(","), None),
        (",", Signs(","), None),
        ("nan", Signs(), None),
        ("inf", Signs(), None),
    ],
)
def test_signs_of_numbers_are_declared(text, signs, expected):
    assert number(text, signs) == expected


@pytest.mark.parametrize(
    ("text", "scale", "expected"),
    [
        ("9007199254740993", 1.0, 9007199254740993),
        ("1593654782336901121", 1.0, 1593654782336901121),
        ("-9007199254740993", 1.0, -9007199254740993),
        ("9007199254740993.00", 1.0, 9007199254740993),
        ("9223372036854775808", 1.0, None),
        ("12.0", 1.0, 12),
        ("12.5", 1.0, None),
        ("1.2e1", 1.0, 12),
        ("1.593654782336901e18", 1.0, None),  # rounded already
        ("１２", 1.0, 12),
        ("9007199254740993", 10.0, 90071992547409930),
        ("9007199254740993", 1024.0, None),
        ("5", 0.5, None),
        ("4", 0.5, 2),
    ],
)
def test_whole_numbers_pass_through_no_float(text, scale, expected):
    assert number(text, is_whole=True, scale=scale) == expected


def test_thousands_of_whole_numbers():
    assert number("9.007.199.254.740.993", Signs(",", "."), is_whole=True) == 9007199254740993


def test_a_default_stands_for_what_codes_do_not_list(records):
    mapping = {"category": {"source": "c", "codes": {"1": "fire"}, "default": "other"}}
    frame = records("id,t0,c\na,2026-05-03,1\nb,2026-05-03,7\nc,2026-05-03,\n", mapping=mapping)
    assert frame.frame["category"].to_list() == ["fire", "other", None]


def test_numbers_of_a_source_are_read_with_its_signs(records):
    mapping = {"lon": "x", "lat": "y", "revision": "n"}
    text = "id;t0;x;y;n\na;2026-05-03;125,5;43,25;1.234\n"
    batch = records(text, mapping=mapping, delimiter=";", decimal=",", thousands=".")
    assert batch.frame.select("lon", "lat", "revision").rows() == [(125.5, 43.25, 1234)]
