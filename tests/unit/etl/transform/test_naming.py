import polars as pl
import pytest

from etl.batch import ELSEWHERE, ROW, TOTAL, Batch
from etl.transform.fields import labels_of
from etl.transform.naming import ids_by_name, name_districts

DISTRICTS = pl.DataFrame(
    {
        "district_id": ["01", "02", "03", "unknown"],
        "name_zh": ["朝阳区", "南关区", "南关区", "未定位"],
        "name_en": ["Chaoyang", "Nanguan", "South", "Not located"],
    }
)


def judged(declare, *texts, column="district_id"):
    mapping = {"district_id": "区", "entity_id": "who", "variable": "v", "value": "n"}
    mapping |= {"starts_at": "a", "ends_at": "b"}
    declaration = declare(table="statistic", mapping=mapping)
    frame = pl.DataFrame({ROW: range(2, len(texts) + 2), column: texts}, strict=False)
    return name_districts(
        Batch(frame, labels=labels_of(declaration)), declaration, ids_by_name(DISTRICTS)
    )


def test_ids_and_names_of_one_district_are_read(declare):
    batch = judged(declare, "01", " 朝阳区", "SOUTH", "unknown", None)
    assert batch.frame["district_id"].to_list() == ["01", "01", "03", "unknown", None]
    assert batch.rejects.is_empty()


def test_what_is_none_of_the_citys_is_rejected(declare):
    batch = judged(declare, "01", "99", "吉林市", "南关区")  # two districts have that name
    assert batch.frame[ROW].to_list() == [2]
    assert batch.rejects.rows() == [(row, "区", ELSEWHERE) for row in (3, 4, 5)]
    assert batch.stages[-1].dropped == {ELSEWHERE: 3}


@pytest.mark.parametrize("column", ["district_id", "entity_id"])
@pytest.mark.parametrize(
    "text",
    [
        "合计", "合 计", "总计：", "朝阳区小计", "合计（全市）", "總計", "Total", "SUBTOTAL",
        "Grand total:", "sub-total", "Total geral", "Summe",
    ],
)  # fmt: skip
def test_totals_are_told_from_records(declare, column, text):
    batch = judged(declare, text, column=column)
    assert batch.rejects["reason"].to_list() == [TOTAL]


@pytest.mark.parametrize(
    "text", ["会计学院", "统计局", "设计院", "Total Wine", "计生委", "A-total-1"]
)
def test_names_that_only_look_like_totals_are_kept(declare, text):
    assert judged(declare, text, column="entity_id").rejects.is_empty()
