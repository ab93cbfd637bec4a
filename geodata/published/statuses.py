"""How far a published value can be relied on: the codes of the published tables, in words."""

from collections.abc import Mapping
from types import MappingProxyType

# By code: the key, which the collections show, and the name in Chinese and in English.
STATUSES: Mapping[int, tuple[str, str, str]] = MappingProxyType(
    {
        0: ("ok", "正常", "reliable"),
        1: ("zero_true", "零", "nothing happened, and the source covers place and time"),
        2: ("no_data", "无数据", "not covered by any source"),
        3: ("na_denominator", "不适用", "nothing to divide by"),
        4: ("low_n", "样本少", "few observations"),
        5: ("estimated", "估算", "estimated"),
        6: ("stale", "过期", "out of date"),
        7: ("suppressed", "已保密", "a small count, or one that tells a small count"),
    }
)

NO_DATA = 2
SIMULATED = "SIMULATED · 模拟数据"  # beside every number that rests on simulated records


def said_of_statuses() -> str:
    """Return all codes with their meaning, for the description of a column."""
    return "; ".join(f"{code} {key}: {zh} · {en}" for code, (key, zh, en) in STATUSES.items())
