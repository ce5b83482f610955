"""What a breach of a rule of work is. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.money import Money


class Kind(StrEnum):
    LATE_CLOCK_IN = "LATE_CLOCK_IN"
    NO_SIGNAL = "NO_SIGNAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One breach: from when to when, of which rule, and what it costs (None: the rule names no fine)."""

    kind: Kind
    rule_id: str
    started_at: datetime
    ended_at: datetime
    fine: Money | None = None


def late_clock_in(deadline: datetime, clocked_in: datetime) -> Breach:
    """R007: clocked in after the deadline. An exception without amount: it follows another policy (R030)."""
    return Breach(kind=Kind.LATE_CLOCK_IN, rule_id="R007", started_at=deadline, ended_at=clocked_in)
