"""Gives each cell its type; one that cannot be read costs its field, or its row if it must be."""

from dataclasses import replace
from datetime import date

import polars as pl

from etl.gtfs.fields import FILES, Field, Kind
from etl.gtfs.table import Rule, Table
from etl.ledger.findings import FaultyFileError, Finding

_TIME = r"^([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])$"  # \d is any script's digit, a cast reads ours
_DATE = r"^[0-9]{8}$"
_FIRST_DATE = date(1, 1, 1)  # no date of ours can be earlier: a year 0 has none
_RAW = "_raw_"
_OTHER_MARKS = {";": "semicolons", "\t": "tabs", "|": "bars"}
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

    An optional cell that cannot be read becomes null, with a finding in the table's notes.

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
    strict = [field for field in rule.fields if field.is_strict]
    refused = typed.refuse([flaw for field in strict for flaw in _refusals(field)])
    blanked = _blank_unreadable(refused, rule.fields)
    plain = blanked.with_rows(blanked.rows.select(pl.exclude(f"^{_RAW}.*$")))
    return _refuse_repeats(plain, rule.key)


def _require_columns(table: Table, fields: tuple[Field, ...]) -> None:
    missing = [f.name for f in fields if f.required and f.name not in table.text.columns]
    if missing:
        cause = _cause_of_missing(missing, table.text.columns)
        raise FaultyFileError(
            f"{table.file}: column {', '.join(missing)} is missing{cause and ': '}{cause}",
            [
                *table.notes,
                *(
                    Finding("missing_required_column", table.file, 1, name, detail=cause)
                    for name in missing
                ),
            ],
        )


def _cause_of_missing(missing: list[str], columns: list[str]) -> str:
    """Return why columns may be missing that the header seems to have; '' where it has not."""
    header = [name for name in columns if name != "row_number"]
    for mark, called in _OTHER_MARKS.items():
        if len(header) == 1 and set(missing) & set(header[0].split(mark)):
            return f"its cells are separated by {called}, not by commas"
    spelt = [name for name in header if name.lower() in missing]
    return f"GTFS names its columns in small letters, not {', '.join(spelt)}" if spelt else ""


def _raw(field: Field, table: Table) -> pl.Expr:
    given = field.name in table.rows.columns
    value = pl.col(field.name) if given else pl.lit(None, pl.String)
    return value.alias(_RAW + field.name)


def _parse(field: Field) -> pl.Expr:
    raw = _RAW + field.name
    if field.kind is Kind.TIME:
        return seconds(raw)
    if field.kind is Kind.DATE:
        written = pl.when(pl.col(raw).str.contains(_DATE)).then(raw)
        day = written.str.strptime(pl.Date, "%Y%m%d", strict=False)
        return pl.when(day >= _FIRST_DATE).then(day)
    return pl.col(raw).cast(_DTYPES[field.kind], strict=False)


def _refusals(field: Field) -> list[Rule]:
    """Return the rules by which a cell refuses its row."""
    blank = Rule(field.name, "is blank", ~_given(field), "missing_required_field")
    flaws = _flaws(field)
    if field.partner:
        alone = pl.col(field.partner).is_null()
        flaws = [flaw._replace(bad=flaw.bad & alone) for flaw in flaws]
    return [blank, *flaws] if field.required else flaws


def _blank_unreadable(table: Table, fields: tuple[Field, ...]) -> Table:
    """Return the table with null for every cell left that breaks a rule; a finding names each."""
    rows, found = table.rows, []
    for field in fields:
        flaws = _flaws(field)
        if not flaws or rows.is_empty():
            continue
        for flaw in flaws:
            bad = rows.filter(flaw.bad)
            if bad.height:
                number = bad.select(pl.col("row_number").min()).item()
                reason = f"{flaw.reason}; the value is left out, the row stays"
                found.append(Finding(flaw.code, table.file, number, field.name, bad.height, reason))
        sound = ~pl.any_horizontal(flaw.bad.fill_null(value=False) for flaw in flaws)
        rows = rows.with_columns(pl.when(sound).then(field.name).alias(field.name))
    return replace(table, rows=rows, notes=(*table.notes, *found))


def _given(field: Field) -> pl.Expr:
    return pl.col(_RAW + field.name).is_not_null()


def _flaws(field: Field) -> list[Rule]:
    """Return the rules that a cell which is not blank may break."""
    if field.kind is Kind.TEXT:
        return []
    value = pl.col(field.name)
    wrong = value.is_null()
    if field.kind is Kind.FLOAT:
        wrong = wrong | value.is_nan() | value.is_infinite()
    unread = Rule(
        field.name, f"is not a {field.kind.value}", _given(field) & wrong, _CODES[field.kind]
    )
    return [unread, *_range_flaws(field)]


def _range_flaws(field: Field) -> list[Rule]:
    """Return the rules on the values that the field may have."""
    value = pl.col(field.name)
    rules = []
    if field.allowed is not None:
        choices = sorted(field.allowed)
        reason = f"is not one of {', '.join(map(str, choices))}"
        wrong = value.is_not_null() & ~value.is_in(choices)
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
