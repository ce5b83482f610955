"""The demo from beginning to end."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

from chassis import calendar
from demo_week import checks, script
from demo_week.checks import Check, Reports, wait_for
from demo_week.days import Week
from demo_week.imports import Imported, import_shops
from demo_week.phone import Fates
from demo_week.shops import dealt
from demo_week.sources import Source
from demo_week.spending import Spending, spending
from demo_week.steps import Steps
from demo_week.team import Team, choose_customers, signed_in
from demo_week.week import BusinessClock, choose_week, days_of


@dataclass(frozen=True)
class Outcome:
    """What the demo has to show."""

    team: Team
    days: list[date]
    rows: int
    imported: Imported
    tracks: str
    reports: Reports
    spending: Spending
    checks: list[Check]

    @property
    def points(self) -> Fates:
        return sum((person.phone.told for person in self.team.people), Fates())

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)


class Demo:
    """One run against the gateway at `gateway_url`, whose processes follow `clock`."""

    def __init__(self, gateway_url: str, clock: BusinessClock, source: Source, steps: Steps) -> None:
        self._gateway_url = gateway_url
        self._clock = clock
        self._source = source
        self._steps = steps

    def run(self) -> Outcome:
        with ExitStack() as held:
            held.callback(self._clock.back_to_real_time)
            self._held = held
            self._crew = held.enter_context(ThreadPoolExecutor(script.PEOPLE))
            with self._steps.step("Everybody signs in"):
                self._team = held.enter_context(signed_in(self._gateway_url))
            return self._run()

    def _run(self) -> Outcome:
        rows, imported, of_import = self._bring_in_shops()
        self._days = days_of(choose_week(calendar.local_date(datetime.now(UTC)), self._has_plans))
        with self._steps.step("Plans for the week"):
            self._plan()
        with self._steps.step("Budgets of the month"):
            self._spending = self._held.enter_context(spending(self._gateway_url, self._days))
            self._spending.grant()
        with self._steps.step("Tracks of the phones"):
            tracks = self._source.record(self._team.people, self._days)
        self._play()
        with self._steps.step("Reports agree with what was done"):
            found = wait_for(self._of_week)
        with self._steps.step("Budgets and ledger agree with what was spent"):
            found += wait_for(self._spending.checks)
        reports = Reports.read(self._team.manager, self._days)
        return Outcome(
            self._team, self._days, rows, imported, tracks, reports, self._spending, [*of_import, *found]
        )

    def _bring_in_shops(self) -> tuple[int, Imported, list[Check]]:
        manager, shops = self._team.manager, self._source.shops()
        before = checks.customers_reported(manager)
        owners = dealt([person.id for person in self._team.people])
        with self._steps.long_step(f"Import of {shops.rows:,} shops", shops.rows) as progress:
            imported = import_shops(manager, shops, owners, progress)
        with self._steps.step("Customers are in the reports"):
            found = wait_for(
                lambda: checks.of_import(shops, imported, checks.customers_reported(manager) - before)
            )
        return shops.rows, imported, found

    def _has_plans(self, monday: date) -> bool:
        plans = self._team.manager.items("/v1/visitPlans", "visitPlans", weekStartDate=monday.isoformat())
        return any(plans)

    def _plan(self) -> None:
        """Everybody plans on the evening before the week; most submit at once (R014)."""
        self._clock.set(self._days[0] - timedelta(days=1), script.EVENING_BEFORE)
        for person in self._team.people:
            choose_customers(self._team.manager, person, self._source.stops_a_day)
            person.draft_plan(self._days)
            if person.number not in script.PLAN_IS_LATE:
                person.submit_plan()

    def _play(self) -> None:
        done = count(1)
        total = sum(len(route) for person in self._team.people for route in person.routes)
        name = f"The week from {self._days[0]} to {self._days[-1]}"
        with self._steps.long_step(name, total) as progress:
            week = Week(self._days, self._team.people, self._clock, self._crew, lambda: progress(next(done)))
            for number, day in enumerate(self._days):
                self._clock.set(day, script.OFFICE_BEGINS)
                self._spending.on(number)
                week.play(number)

    def _of_week(self) -> Iterable[Check]:
        people, days = self._team.people, self._days
        reports = Reports.read(self._team.manager, days)
        yield from checks.of_plans(people, script.PLAN_IS_LATE)
        yield from checks.of_points(people)
        yield from checks.of_people(people, reports)
        yield from checks.of_visits(people, reports)
        yield from checks.of_violations(people, reports)
        seen = Reports.read(self._team.stranger, days)
        yield from checks.of_stranger(self._team.stranger, people[0].spare["id"], seen)
