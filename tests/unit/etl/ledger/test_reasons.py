import pytest

from etl.batch import ELSEWHERE, TOTAL
from etl.ledger.findings import Finding
from etl.ledger.reasons import in_chinese, read_reasons
from etl.transform import check, locate, misplaced, place_codes

CAUSES = [
    misplaced.SWAPPED, misplaced.SIGN_LOST, misplaced.SWAPPED_AND_SIGN_LOST, misplaced.METRES,
    misplaced.DEGREES, misplaced.OTHER_CRS, misplaced.OTHER_DATUM, misplaced.POINT_SHIFTED,
    misplaced.DIGIT_LOST, misplaced.DIGIT_TOO_MANY,
]  # fmt: skip


@pytest.mark.parametrize(
    "reason",
    [
        *CAUSES, locate.OUT_OF_RANGE, locate.LATITUDE_OUT_OF_RANGE, locate.OUTSIDE_AREA,
        locate.OUTSIDE_BOUNDS, ELSEWHERE, TOTAL, place_codes.UNLISTED, check.FUTURE,
        check.TOO_EARLY, check.NO_CLOCK,
    ],
)  # fmt: skip
def test_what_a_stage_says_has_its_chinese_words(reason):
    assert reason in read_reasons()
    assert in_chinese(reason) == read_reasons()[reason]


@pytest.mark.parametrize("cause", CAUSES)
def test_a_place_and_its_cause_are_both_said(cause):
    assert in_chinese(f"{locate.OUTSIDE_BOUNDS}: {cause}") == (
        f"位于城市声明的范围之外：{read_reasons()[cause]}"
    )


def test_what_a_reason_quotes_stays_in_its_order():
    assert in_chinese("is not between 0 and 100000") == "不在 0 与 100000 之间"
    assert in_chinese("the same record_id as another row, which counts") == (
        "与 另一行 的 record_id 相同，以后者为准"
    )
    assert in_chinese("something new") == "something new"


def test_a_finding_says_its_detail_in_both_languages():
    finding = Finding("rejected_row", "a.csv", detail=TOTAL)
    assert finding.message_zh == "行未被装载：是其他行的合计"
    assert finding.message_en == "rows were not loaded: is a total of other rows"
