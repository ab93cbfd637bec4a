"""The state machine of an alert (pending, firing, recovered) and of its case (open to closed).

Pure: every function takes the moment and returns the next alert and what changed, if anything. An
alert ends when its condition is over and its case is closed. If a case is closed while the
condition holds, nothing is raised again until the condition has been gone once.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from layers.alerts.observation import Observation
from layers.errors import QueryError

State = Literal["pending", "firing", "recovered", "cancelled"]
CaseState = Literal["open", "acknowledged", "assigned", "closed"]
Change = Literal[
    "pending", "raised", "escalated", "recovered", "again", "cancelled",
    "acknowledged", "assigned", "closed",
]  # fmt: skip


@dataclass(frozen=True)
class Alert:
    """An alert and its case at one moment."""

    rule: str
    subject_kind: str
    subject: str
    part: str
    state: State
    severity: int
    case_state: CaseState
    since_at: datetime
    value: float | None
    limit_value: float | None
    text_zh: str
    text_en: str
    assigned_to: str | None = None
    recovering_at: datetime | None = None
    raised_at: datetime | None = None
    ended_at: datetime | None = None
    alert_id: int | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return the key of the alert while it lasts."""
        return self.rule, self.subject_kind, self.subject, self.part


@dataclass(frozen=True)
class Timing:
    """How long a condition must hold, and be gone."""

    pending: timedelta
    recovery: timedelta


Step = tuple[Alert, Change | None]


def begin(seen: Observation, timing: Timing, at: datetime) -> list[Step]:
    """Return the first changes of an alert if the observation is the first of its condition."""
    if not seen.severity:
        return []
    alert = Alert(
        *seen.key, "pending", seen.severity, "open", at,
        seen.value, seen.limit, seen.text_zh, seen.text_en,
    )  # fmt: skip
    if timing.pending:
        return [(alert, "pending")]
    return [(replace(alert, state="firing", raised_at=at), "raised")]


def advance(alert: Alert, seen: Observation, timing: Timing, at: datetime) -> Step:
    """Return the alert after an observation, and the change; None if only numbers changed."""
    if seen.severity is None:
        return alert, None
    if alert.state == "pending":
        return _advance_pending(_with_numbers(alert, seen), seen, timing, at)
    if not (seen.severity or (seen.holds and alert.state == "firing")):
        return _advance_recovery(alert, timing, at)
    alert = replace(_with_numbers(alert, seen), recovering_at=None)
    if alert.state == "recovered":
        return replace(alert, state="firing", severity=max(alert.severity, seen.severity)), "again"
    if seen.severity > alert.severity:
        return replace(alert, severity=seen.severity), "escalated"
    return alert, None


def _with_numbers(alert: Alert, seen: Observation) -> Alert:
    return replace(
        alert,
        value=seen.value,
        limit_value=seen.limit,
        text_zh=seen.text_zh or alert.text_zh,
        text_en=seen.text_en or alert.text_en,
    )


def _advance_pending(alert: Alert, seen: Observation, timing: Timing, at: datetime) -> Step:
    if not seen.severity:
        return replace(alert, state="cancelled", ended_at=at), "cancelled"
    # never since later than now, as after a clock was set back: it would wait for the clock
    alert = replace(alert, severity=seen.severity, since_at=min(alert.since_at, at))
    if at - alert.since_at < timing.pending:
        return alert, None
    return replace(alert, state="firing", raised_at=at), "raised"


def _advance_recovery(alert: Alert, timing: Timing, at: datetime) -> Step:
    if alert.state == "recovered":
        return alert, None
    since = min(alert.recovering_at or at, at)
    if at - since < timing.recovery:
        return replace(alert, recovering_at=since), None
    over = replace(alert, state="recovered", recovering_at=None)
    return (replace(over, ended_at=at) if over.case_state == "closed" else over), "recovered"


def acknowledge(alert: Alert) -> Step:
    """Return the alert as acknowledged.

    Raises:
        QueryError: the case is not open, or was never raised.
    """
    if alert.case_state != "open" or alert.raised_at is None:
        raise QueryError(f"a case that is {alert.case_state} cannot be acknowledged")
    return replace(alert, case_state="acknowledged"), "acknowledged"


def assign(alert: Alert, to: str) -> Step:
    """Return the alert as assigned to a person; it may be reassigned.

    Raises:
        QueryError: the case is closed, was never raised, or nobody is named.
    """
    if alert.case_state == "closed" or alert.raised_at is None or not to.strip():
        raise QueryError("an open case is assigned to somebody who has a name")
    return replace(alert, case_state="assigned", assigned_to=to.strip()), "assigned"


def close(alert: Alert, at: datetime) -> Step:
    """Return the alert with its case closed; it ends now if its condition is over.

    Raises:
        QueryError: the case is closed already, was never raised, or nobody has acknowledged it.
    """
    if alert.case_state not in ("acknowledged", "assigned"):
        raise QueryError(f"a case that is {alert.case_state} cannot be closed")
    ended_at = at if alert.state == "recovered" else None
    return replace(alert, case_state="closed", ended_at=ended_at), "closed"
