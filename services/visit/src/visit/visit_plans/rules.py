"""What a weekly visit plan may say and become. Pure.

A plan is drafted, then submitted and thereby locked (R012); from then on it changes by amendments, each with
its reason (R013).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from chassis import calendar

FURTHEST_AHEAD = timedelta(days=366)


class PlanState(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"


@dataclass(frozen=True, slots=True)
class Stop:
    """A customer to visit on a day.

    Attributes:
        sequence: the place in the day's route, from 1.
        unit_id: the unit that it counts for although the plan has left it; None: the plan's.
    """

    id: str
    customer_id: str
    visit_date: date
    sequence: int
    unit_id: str | None = None


@dataclass(frozen=True, slots=True)
class WantedStop:
    """A stop as the client lists it; without an id it is a new one."""

    id: str
    customer_id: str
    visit_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    id: str
    user_id: str
    unit_id: str
    week_start: date
    stops: tuple[Stop, ...]
    due_at: datetime
    state: PlanState = PlanState.DRAFT
    submitted_at: datetime | None = None
    submitted_late: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class Amendment:
    """What one change of a submitted plan brought in and took out; a moved stop is one of each."""

    plan_version: int
    amended_at: datetime
    reason: str
    added: tuple[Stop, ...]
    removed: tuple[Stop, ...]


class StopProblemKind(StrEnum):
    OUTSIDE_WEEK = "OUTSIDE_WEEK"
    UNKNOWN_STOP = "UNKNOWN_STOP"
    DUPLICATE_STOP = "DUPLICATE_STOP"
    DUPLICATE_CUSTOMER = "DUPLICATE_CUSTOMER"


@dataclass(frozen=True, slots=True)
class StopProblem:
    """What is wrong with the stop at `index` of the list."""

    index: int
    kind: StopProblemKind


class StopsRefused(Exception):
    """Some stops cannot stand in this plan."""

    def __init__(self, problems: Sequence[StopProblem]) -> None:
        super().__init__(problems)
        self.problems = problems


class NotAMonday(Exception):
    """A week is named by its Monday."""


class WeekTooFarAhead(Exception):
    """The week begins more than a year from now."""


class WeekPassed(Exception):
    """The week is over."""


class PlanExists(Exception):
    """The person has a plan for the week."""


class PlanLocked(Exception):
    """The plan is submitted (R012)."""


class PlanEmpty(Exception):
    """The plan has no stops."""


class PlanNotSubmitted(Exception):
    """A draft is changed, not amended."""


class StopBegun(Exception):
    """The stop's visit has begun or its day has passed: it is history (A26)."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop)
        self.customer_id = stop.customer_id
        self.visit_date = stop.visit_date


def demand_week(week_start: date, today: date) -> None:
    """Raise NotAMonday, WeekPassed or WeekTooFarAhead unless a plan can be drafted for the week."""
    if week_start.weekday() != 0:
        raise NotAMonday
    if week_start < calendar.week_of(today):
        raise WeekPassed
    if week_start > today + FURTHEST_AHEAD:
        raise WeekTooFarAhead


def due_day(week_start: date) -> date:
    """Return the day on which the plan of a week is due: the first workday from its Monday on (R014).

    After a week that is one whole holiday this is a day of the following week, the first after the holiday.
    """
    return week_start if calendar.is_workday(week_start) else calendar.next_workday(week_start)


def due_at(week_start: date, clock_in_deadline: time) -> datetime:
    """Return when the plan of a week is due: the clock-in deadline of its due day (R014, A27)."""
    return calendar.at(due_day(week_start), clock_in_deadline)


def arrange(
    wanted: Sequence[WantedStop], week_start: date, planned: Iterable[Stop], new_id: Callable[[], str]
) -> tuple[Stop, ...]:
    """Return the stops of a plan, day by day, numbered in the order of the list (R010).

    A stop keeps its id while it stands for the same customer and day; for others it is another stop.

    Args:
        wanted: the stops as the client lists them.
        week_start: Monday of the plan's week.
        planned: the stops that the plan has.
        new_id: makes the id of a new stop.

    Raises StopsRefused naming every stop that lies outside the week, claims an id that the plan does not
    have, or stands in the list twice.
    """
    known = {stop.id: stop for stop in planned}
    problems = _problems(wanted, week_start, known.keys())
    if problems:
        raise StopsRefused(problems)
    routes: Counter[date] = Counter()
    stops = []
    for stop in wanted:
        routes[stop.visit_date] += 1
        before = known.get(stop.id)
        if before and (before.customer_id, before.visit_date) == (stop.customer_id, stop.visit_date):
            stops.append(replace(before, sequence=routes[stop.visit_date]))
        else:
            stops.append(Stop(new_id(), stop.customer_id, stop.visit_date, routes[stop.visit_date]))
    return tuple(sorted(stops, key=lambda stop: (stop.visit_date, stop.sequence)))


def _problems(wanted: Sequence[WantedStop], week_start: date, known: Collection[str]) -> list[StopProblem]:
    ids = Counter(stop.id for stop in wanted if stop.id)
    visits = Counter((stop.customer_id, stop.visit_date) for stop in wanted)
    problems = []
    for index, stop in enumerate(wanted):
        if calendar.week_of(stop.visit_date) != week_start:
            problems.append(StopProblem(index, StopProblemKind.OUTSIDE_WEEK))
        if stop.id and stop.id not in known:
            problems.append(StopProblem(index, StopProblemKind.UNKNOWN_STOP))
        if ids[stop.id] > 1:
            problems.append(StopProblem(index, StopProblemKind.DUPLICATE_STOP))
        if visits[stop.customer_id, stop.visit_date] > 1:
            problems.append(StopProblem(index, StopProblemKind.DUPLICATE_CUSTOMER))
    return problems


def rewrite(plan: Plan, stops: tuple[Stop, ...], due: datetime) -> Plan:
    """Return the draft with other stops. Raises PlanLocked once it is submitted (R012)."""
    if plan.state is not PlanState.DRAFT:
        raise PlanLocked
    return replace(plan, stops=stops, due_at=due, version=plan.version + 1)


def submit(plan: Plan, at: datetime, due: datetime) -> Plan:
    """Return the plan submitted and locked; late unless work has not begun yet on its due day (R014).

    Raises PlanLocked, PlanEmpty.
    """
    if plan.state is not PlanState.DRAFT:
        raise PlanLocked
    if not plan.stops:
        raise PlanEmpty
    return replace(
        plan,
        state=PlanState.SUBMITTED,
        due_at=due,
        submitted_at=at,
        submitted_late=at >= due,
        version=plan.version + 1,
    )


def amend(
    plan: Plan, stops: tuple[Stop, ...], reason: str, *, begun: Collection[str], at: datetime
) -> tuple[Plan, Amendment]:
    """Return the submitted plan with other stops, and the amendment that says what changed (R012, R013).

    Args:
        plan: the plan as it is.
        stops: all its stops after the change.
        reason: why it is changed.
        begun: ids of the stops whose visit has checked in.
        at: when it is changed.

    A stop that has begun, or whose day has passed, is neither taken out nor brought in; its place in the
    route may follow from what happens to the others. Raises PlanNotSubmitted, StopBegun.
    """
    if plan.state is not PlanState.SUBMITTED:
        raise PlanNotSubmitted
    removed = _without(plan.stops, stops)
    added = _without(stops, plan.stops)
    for stop in (*removed, *added):
        if _has_begun(stop, begun, at):
            raise StopBegun(stop)
    amended = replace(plan, stops=stops, version=plan.version + 1)
    return amended, Amendment(amended.version, at, reason, added, removed)


def end(plan: Plan, reason: str, *, begun: Collection[str], at: datetime) -> tuple[Plan, Amendment | None]:
    """Return the submitted plan with nothing but what has begun by `at`, and the amendment that says so.

    There is none when everything has begun. Raises PlanNotSubmitted.
    """
    kept = tuple(stop for stop in plan.stops if _has_begun(stop, begun, at))
    if kept == plan.stops:
        return plan, None
    return amend(plan, kept, reason, begun=begun, at=at)


def follow(plan: Plan, unit_id: str, *, begun: Collection[str], at: datetime) -> Plan:
    """Return the plan in the unit that its person moves to at `at`; a stop that has begun stays as it was.

    Args:
        plan: the plan as it is, of a week that is not over.
        unit_id: the unit that the person moves to.
        begun: ids of the stops whose visit has checked in.
        at: when the person moves.
    """
    stops = tuple(
        replace(stop, unit_id=stop.unit_id or plan.unit_id) if _has_begun(stop, begun, at) else stop
        for stop in plan.stops
    )
    return replace(plan, unit_id=unit_id, stops=stops, version=plan.version + 1)


def _has_begun(stop: Stop, begun: Collection[str], at: datetime) -> bool:
    return stop.id in begun or stop.visit_date < calendar.local_date(at)


def _without(stops: Iterable[Stop], others: Iterable[Stop]) -> tuple[Stop, ...]:
    ids = {stop.id for stop in others}
    return tuple(stop for stop in stops if stop.id not in ids)
