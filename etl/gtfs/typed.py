"""Gives each cell its type; a cell that violates its GTFS type rejects its row."""

import polars as pl

from etl.gtfs.fields import FILES, Field, Kind
from etl.gtfs.table import Rule, Table
from etl.ledger.findings import FaultyFileError, Finding

_TIME = r"^(\d{1,3}):([0-5]\d):([0-5]\d)$"
_RAW = "_raw_"
_CODES = {
    Kind.INTEGER: "invalid_integer",
    Kind.FLOAT: "invalid_float",
    Kind.TIME: "invalid_time",
    Kind.DATE: "invalid_date",
}
_DTYPES = {
    Kind.TEXT: pl.String,
    Kind.INTEGER: pl.Int64,
    Kind.FLOAT: pl.Float64,
    Kind.TIME: pl.Int64,
    Kind.DATE: pl.Date,
}


def seconds(column: str) -> pl.Expr:
    """Return the seconds of `H:MM:SS` (hours may exceed 23); null where it is no such time."""
    part = pl.col(column).str.extract_groups(_TIME)
    hours, minutes, rest = (part.struct.field(str(i)).cast(pl.Int64) for i in (1, 2, 3))
    return hours * 3600 + minutes * 60 + rest


def type_table(table: Table) -> Table:
    """Return the table with the fields of `FILES`, typed; missing optional columns are null.

    Raises:
        ExtractError: a column that every row needs is missing; names file and column.
    """
    rule = FILES[table.file]
    _require_columns(table, rule.fields)
    typed = table.with_rows(
        table.rows.select(
            "row_number", *(_raw(field, table) for field in rule.fields)
        ).with_columns(*(_parse(field).alias(field.name) for field in rule.fields))
    )
    refused = typed.refuse([flaw for field in rule.fields for flaw in _flaws(field)])
    plain = refused.with_rows(refused.rows.select(pl.exclude(f"^{_RAW}.*$")))
    return _refuse_repeats(plain, rule.key)


def _require_columns(table: Table, fields: tuple[Field, ...]) -> None:
    missing = [f.name for f in fields if f.required and f.name not in table.text.columns]
    if missing:
        raise FaultyFileError(
            f"{table.file}: column {', '.join(missing)} is missing",
            [
                *table.notes,
                *(Finding("missing_required_column", table.file, 1, n) for n in missing),
            ],
        )


def _raw(field: Field, table: Table) -> pl.Expr:
    given = field.name in table.rows.columns
    value = pl.col(field.name) if given else pl.lit(None, pl.String)
    return value.alias(_RAW + field.name)


def _parse(field: Field) -> pl.Expr:
    raw = _RAW + field.name
    if field.kind is Kind.TIME:
        return seconds(raw)
    if field.kind is Kind.DATE:
        return pl.col(raw).str.strptime(pl.Date, "%Y%m%d", strict=False)
    return pl.col(raw).cast(_DTYPES[field.kind], strict=False)


def _flaws(field: Field) -> list[Rule]:
    value, given = pl.col(field.name), pl.col(_RAW + field.name).is_not_null()
    blank = Rule(field.name, "is blank", ~given, "missing_required_field")
    rules = [blank] if field.required else []
    if field.kind is Kind.TEXT or field.lenient:
        return rules
    wrong = value.is_null()
    if field.kind is Kind.FLOAT:
        wrong = wrong | value.is_nan() | value.is_infinite()
    rules.append(
        Rule(field.name, f"is not a {field.kind.value}", given & wrong, _CODES[field.kind])
    )
    return rules + _range_flaws(field)


def _range_flaws(field: Field) -> list[Rule]:
    """Return the rules on the values that the field may have."""
    value, given = pl.col(field.name), pl.col(_RAW + field.name).is_not_null()
    rules = []
    if field.allowed is not None:
        choices = sorted(field.allowed)
        reason = f"is not one of {', '.join(map(str, choices))}"
        wrong = given & ~value.is_in(choices)
        rules.append(Rule(field.name, reason, wrong, "unexpected_enum_value"))
    if field.minimum is not None:
        low = f"is below {field.minimum:g}"
        rules.append(Rule(field.name, low, value < field.minimum, "number_out_of_range"))
    if field.maximum is not None:
        high = f"is above {field.maximum:g}"
        rules.append(Rule(field.name, high, value > field.maximum, "number_out_of_range"))
    return rules


def _refuse_repeats(table: Table, key: tuple[str, ...]) -> Table:
    """Reject the later rows of a repeated key; the first one is kept."""
    if not key or table.rows.is_empty():
        return table
    repeats = ~pl.struct(key).is_first_distinct()
    reason = f"repeats an earlier {' + '.join(key)}"
    return table.refuse([Rule(key[-1], reason, repeats, "duplicate_key")])
