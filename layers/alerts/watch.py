"""How far the alert rules were judged: a rule that nobody judges raises nothing, and says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from geodata.city.configuration import City
from geodata.queries.alerts import read_watch
from layers.alerts.rules import Rule, load_alert_rules

WATCHED_WITHIN = timedelta(minutes=20)  # rules are judged every five minutes


@dataclass(frozen=True)
class Judgement:
    """The last judgement of a rule; without a time it was never judged."""

    rule: Rule
    judged_at: datetime | None
    subjects: int
    unknown: Sequence[str]
    is_recent: bool

    @property
    def is_blind(self) -> bool:
        """Return whether the rule was not judged lately, or for none of its subjects."""
        return not self.is_recent or (bool(self.unknown) and len(self.unknown) == self.subjects)


def read_judgements(connection: Connection, city: City, at: datetime) -> list[Judgement]:
    """Return the last judgement of each of the city's rules, as of a moment."""
    found = read_watch(connection)
    judgements = []
    for rule in load_alert_rules(city):
        row = found.get(rule.key)
        if row is None:
            judgements.append(Judgement(rule, None, 0, (), is_recent=False))
            continue
        is_recent = abs(at - row["judged_at"]) <= WATCHED_WITHIN  # after a clock set back too
        judgements.append(
            Judgement(rule, row["judged_at"], row["subjects"], row["unknown"], is_recent)
        )
    return judgements
