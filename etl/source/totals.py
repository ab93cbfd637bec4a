"""The words by which a row says that it adds up others, as departments write them."""

import polars as pl

# 合 计, 总计：, 朝阳区小计, 合计（全市）; other languages in full.
_WORDS = (
    r"(?i)^\s*(?:.{0,12}[合总總小共累]\s*[计計]|[合总總小共累]\s*[计計]\s*[（(].*[）)])\s*[:：]?\s*$"
    r"|^\s*(?:(?:grand|city|overall|sub)[\s-]*)?totals?\s*[:：]?\s*$"
    r"|^\s*(?:sub)?total (?:geral|general)\s*[:：]?\s*$"
    r"|^\s*(?:sum|summe|gesamt|insgesamt|somme|soma|yhteensä|всего|итого)\s*[:：]?\s*$"
)


def is_total(name: str) -> pl.Expr:
    """Return whether a column of text holds the word for a total, false where it is blank."""
    return pl.col(name).str.contains(_WORDS).fill_null(value=False)
