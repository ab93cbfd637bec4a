"""Small files as departments send them, each with its right outcome on a real PostGIS."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from geodata.tables import facility, finding, rejected_row

pytestmark = pytest.mark.realdata

BIG5 = "08-big5"
CLOCK = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)


@pytest.fixture
def current(engine):
    """A function from a declaration and columns to its current records, in order."""

    def read(declaration, *names):
        table = declaration.record_type.table
        columns = [table.c[name] if isinstance(name, str) else name for name in names]
        mine = (table.c.source == declaration.key) & table.c.retired_by.is_(None)
        with engine.connect() as connection:
            return sorted(tuple(row) for row in connection.execute(select(*columns).where(mine)))

    return read


@pytest.fixture
def codes(engine):
    """A function from a load to the codes of its findings."""

    def read(outcome):
        statement = select(finding.c.code).where(finding.c.load_id == outcome.load_id)
        with engine.connect() as connection:
            return sorted(connection.scalars(statement))

    return read


@pytest.fixture
def rejected(engine):
    """A function from a load to its rejected rows: number, field, reason."""

    def read(outcome):
        columns = rejected_row.c
        statement = select(columns.row_number, columns.field, columns.reason).where(
            columns.load_id == outcome.load_id
        )
        with engine.connect() as connection:
            return sorted(tuple(row) for row in connection.execute(statement))

    return read


def test_a_folder_zipped_on_a_mac(load_case, current):
    _, declaration = load_case("02-mac-zip-of-a-folder")
    names = [name for (name,) in current(declaration, "name")]
    assert names == ["一院", "吉林大学第一医院", "长春市朝阳区人民医院重庆路街道社区卫生服务中心"]


def test_two_shapefiles_in_a_zip(load_case, current):
    outcome, _ = load_case("03-two-shapefiles-in-a-zip")
    assert outcome.status == "refused"
    assert "declare one layer of chaoyang, nanguan" in outcome.message
    for layer, count in (("chaoyang", 3), ("nanguan", 2)):
        _, declaration = load_case("03-two-shapefiles-in-a-zip", layer=layer)
        assert len(current(declaration, "facility_id")) == count


def test_ids_of_19_digits_and_a_missing_one(load_case, current, rejected):
    outcome, declaration = load_case("04-gpkg-19-digit-ids-and-a-null")
    ids = [(f"159365478233690112{digit}",) for digit in "123"]
    assert current(declaration, "facility_id") == ids
    assert rejected(outcome) == [(4, "device", "is missing")]


def test_an_int_beyond_what_a_float_holds(load_case, current):
    _, declaration = load_case("04c-csv-int-above-2-to-53")
    assert current(declaration, facility.c.attributes["amount"].astext) == [("9007199254740993",)]


def test_a_decimal_comma(load_case, current):
    _, declaration = load_case("06-decimal-comma", decimal=",")
    assert current(declaration, "original_lon", "original_lat") == [
        (125.3, 43.86),
        (125.324, 43.892),
    ]


def test_big5_is_not_guessed_in_changchun(load_case, current, codes):
    outcome, _ = load_case(BIG5)
    assert outcome.status == "refused"
    assert "it may be big5" in outcome.message
    for declared in ({"encoding": "big5"}, {"legacy_encodings": ["big5"]}):
        outcome, declaration = load_case(BIG5, **declared)
        assert current(declaration, "name") == [("臺北市立聯合醫院",), ("高雄市消防局",)]
        assert codes(outcome) == ([] if "encoding" in declared else ["guessed_encoding"])


def test_short_gbk_that_is_valid_utf8_by_chance(load_case, current, codes):
    outcome, declaration = load_case("08c-short-gbk-that-is-valid-utf-8")
    assert current(declaration, "name") == [("一院",), ("院",)]
    assert codes(outcome) == ["guessed_encoding"]


def test_the_workbook_a_department_sends(load_case, current, codes, rejected):
    mapping = {
        "attributes.district": "所属区",
        "last_seen_at": "检查时间",  # dates, and one serial number
    }
    outcome, declaration = load_case(
        "10-xlsx-title-rows-merged-cells", sheet="泵房", header_row=3, mapping=mapping
    )
    district = facility.c.attributes["district"].astext
    assert current(declaration, "facility_id", "name", district, "last_seen_at") == [
        ("00101", "甲泵房", "南关区", datetime(2026, 11, 20, 0, 30, tzinfo=UTC)),
        ("00102", "乙泵房", "南关区", datetime(2026, 11, 20, 1, 0, tzinfo=UTC)),
        ("00103", "丙泵房", "朝阳区", datetime(2026, 11, 20, 4, 0, tzinfo=UTC)),
    ]
    assert rejected(outcome) == [(7, "编号", "is a total of other rows")]
    assert codes(outcome) == ["rejected_row", "repeated_merged"]
    outcome, _ = load_case("10-xlsx-title-rows-merged-cells")
    assert "declare one sheet of 泵房, 说明" in outcome.message


def test_a_header_on_line_3(load_case, current, rejected):
    outcome, declaration = load_case("10b-csv-header-on-line-3", header_row=3)
    assert current(declaration, "facility_id") == [("P1",), ("P2",)]
    assert [row for row, *_ in rejected(outcome)] == [6]
    outcome, _ = load_case("10b-csv-header-on-line-3", header_row=3, skip_footer=1)
    assert (outcome.rows_loaded, outcome.rows_rejected) == (2, 0)
    outcome, _ = load_case("10b-csv-header-on-line-3")
    assert "declare header_row: 3" in outcome.message


def test_a_polygon_with_elevations(load_case, current):
    outcome, declaration = load_case("12-polygon-z")
    footprint = declaration.record_type.table.c.footprint
    assert outcome.rows_loaded == 1
    assert current(declaration, func.ST_NDims(footprint)) == [(2,)]


def test_times_as_people_write_them(load_case, current):
    _, declaration = load_case("18-am-pm-chinese-and-24-00")
    formats = [*declaration.mapping["received_at"].format, "epoch_ms", "excel"]
    mapping = {"received_at": {"source": "t", "format": formats}}
    outcome, declaration = load_case("18-am-pm-chinese-and-24-00", mapping=mapping)
    times = dict(current(declaration, "record_id", "received_at"))
    others = {
        "2": datetime(2026, 11, 2, 10, 5, tzinfo=UTC),
        "9": datetime(2026, 11, 22, 6, 5, 9, tzinfo=UTC),
        "11": datetime(2026, 11, 22, 16, 0, tzinfo=UTC),
        "13": datetime(2026, 11, 22, 0, 30, 5, tzinfo=UTC),
    }
    assert times == dict.fromkeys(map(str, range(1, 18)), CLOCK) | others
    assert outcome.rows_rejected == 0


def test_no_serial_or_epoch_of_another_unit_becomes_1970(load_case, current, rejected):
    outcome, declaration = load_case("18-am-pm-chinese-and-24-00")
    assert min(at for (at,) in current(declaration, "received_at")).year == 2026
    assert [row for row, *_ in rejected(outcome)] == [11, 16]  # the serial and the milliseconds


def test_one_bad_geometry_among_five(load_case, current, rejected):
    outcome, declaration = load_case("29-one-bad-geometry-in-geojson")
    assert current(declaration, "name") == [("丁",), ("丙",), ("乙",), ("甲",)]
    assert rejected(outcome) == [(5, "geometry", "is not a geometry")]
    assert "1593654782336901121" in [key for (key,) in current(declaration, "facility_id")]


def test_a_comma_at_the_end_of_rows(load_case, current):
    outcome, declaration = load_case("33-trailing-delimiter")
    assert current(declaration, "name") == [("乙",), ("甲",)]
    assert outcome.rows_rejected == 0
