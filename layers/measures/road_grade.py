"""T10: the grade of a road segment, by its speed over its free-flow speed."""

import polars as pl

GRADES = ("free", "mostly_free", "light", "moderate", "severe")  # 畅通 基本畅通 轻度 中度 严重拥堵
_LEAST_SHARE = (0.7, 0.5, 0.4, 0.3)  # of V / V_f, exclusive; GB/T 33171-2016 app. C


def grade_segments(segments: pl.DataFrame) -> pl.DataFrame:
    """Add `speed_kmh`, `speed_share` (V / V_f) and `grade` to rows with their times.

    Needs length_m, time_s and free_flow_s; without free flow the grade is null.
    """
    share = pl.col("free_flow_s") / pl.col("time_s")
    grade: pl.Expr = pl.lit(GRADES[-1])
    for least, name in reversed(list(zip(_LEAST_SHARE, GRADES, strict=False))):
        grade = pl.when(share > least).then(pl.lit(name)).otherwise(grade)
    return segments.with_columns(
        speed_kmh=3.6 * pl.col("length_m") / pl.col("time_s"),
        speed_share=share,
        grade=pl.when(share.is_not_null()).then(grade),
    )
