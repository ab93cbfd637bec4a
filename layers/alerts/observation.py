"""What a rule sees of one subject at one moment."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Observation:
    """One subject of one rule, judged.

    `severity` is the one its value calls for, 0 for none, None where nothing is known. `holds`
    says whether an alert that is already raised goes on: between the limit that raises and the
    one that clears it does.
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
        """Return what an alert of this observation is known by."""
        return self.rule, self.subject_kind, self.subject, self.part
