"""Work policies: what a unit demands of its people's days. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from chassis.calendar import at, is_workday
from chassis.effective import Version, effective
from chassis.money import Money

_FINE = Money(50_00, "CNY")


class PolicyInThePast(Exception):
    """A policy would change days that have passed."""


class PolicyExists(Exception):
    """The unit has a policy from that date on already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPolicy:
    """The rules of work of a unit; the defaults are the rulebook's.

    Attributes:
        id: id of the policy; empty for the defaults.
        clock_in_deadline: latest clock-in that is on time (R007).
        clock_out_earliest: earliest clock-out that is not early (R008, A10).
        track_window_start: begin of the hours in which tracks are kept (R002).
        track_window_end: end of these hours.
        signal_gap_minutes: minutes without a position that make a breach (R027, A31).
        signal_gap_fine: fine for each breach (R027).
        counts_ad_hoc_visits: whether an ad-hoc visit counts towards a person's visits (R011).
    """

    id: str = ""
    clock_in_deadline: time = time(8, 30)
    clock_out_earliest: time = time(18, 0)
    track_window_start: time = time(8, 30)
    track_window_end: time = time(18, 0)
    signal_gap_minutes: int = 30
    signal_gap_fine: Money = _FINE
    counts_ad_hoc_visits: bool = True

    def track_window(self, day: date) -> tuple[datetime, datetime] | None:
        """Return the hours of `day` in which tracks are kept (R002); None on a day off."""
        if not is_workday(day):
            return None
        return at(day, self.track_window_start), at(day, self.track_window_end)


DEFAULTS = WorkPolicy()


def policy_on(versions: Iterable[Version[WorkPolicy]], unit_path: Sequence[str], on: date) -> WorkPolicy:
    """Return the policy that the first unit of `unit_path` follows on a day (R035); else the defaults."""
    version = effective(versions, unit_path, on)
    return version.payload if version else DEFAULTS


def demand_not_past(effective_date: date, today: date) -> None:
    """Raise PolicyInThePast: days that have passed keep the policy they had."""
    if effective_date < today:
        raise PolicyInThePast
