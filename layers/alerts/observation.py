"""The observation of one subject by one rule at one moment."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Observation:
    """One subject of one rule, judged.

    `severity` is the one that the value calls for, 0 for none, None where nothing is known. `holds`
    says whether an alert that is already raised goes on: it does between the limit that raises and
    the limit that clears it.
    """

    rule: str
    subject_kind: str  # city | district | source
    subject: str
    severity: int | None
    holds: bool
    part: str = ""
    value: float | None = None
    limit: float | None = None
    text_zh: str = ""
    text_en: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return the key of the alert that the observation belongs to."""
        return self.rule, self.subject_kind, self.subject, self.part
