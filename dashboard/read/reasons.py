"""Why an indicator has no value, in words: what it is computed from and is not loaded."""

from collections.abc import Sequence

from dashboard.read.context import ScreenContext
from dashboard.wording.i18n import Language, translate
from geodata.city.configuration import City
from layers.catalogue.indicator import Indicator
from layers.values.missing_inputs import MissingInput, read_missing_inputs


def read_reason(context: ScreenContext, indicator: Indicator, language: Language) -> str:
    """Return which inputs are not loaded, empty where all are there."""
    with context.engine.connect() as connection:
        missing = read_missing_inputs(connection, context.city, indicator)
    return missing_text(context.city, missing, language)


def missing_text(city: City, missing: Sequence[MissingInput], language: Language) -> str:
    """Return in words what is not loaded, empty where nothing is missing."""
    if not missing:
        return ""
    named = [input_name(city, each, language) for each in missing]
    listed = ("、" if language == "zh" else ", ").join(dict.fromkeys(named))
    return translate("reason.not_loaded", language, what=listed)


def input_name(city: City, missing: MissingInput, language: Language) -> str:
    """Return what people call the records of a table, or the kinds of facilities."""
    kinds = {each.key: each for each in city.facility_kinds}
    known = [kinds[kind] for kind in missing.kinds if kind in kinds]
    if known:
        names = [each.label_zh if language == "zh" else each.label_en for each in known]
        return ("、" if language == "zh" else ", ").join(names)
    return translate(f"input.{missing.table}", language)
