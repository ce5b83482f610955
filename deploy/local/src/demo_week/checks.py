"""What must be equal in the end: what was done, and what the platform says of it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from demo_week import script
from demo_week.api import Api, Json, Refused
from demo_week.imports import Imported
from demo_week.person import Person
from demo_week.phone import Fates
from demo_week.shops import ShopFile
from demo_week.silence import silences

_VISITS = ("visitCount", "validCount", "adHocCount", "plannedCount", "visitedStopCount")
_ATTENDANCE = ("completeCount", "onTimeCount", "lateCount", "missingClockOutCount")
_PATIENCE_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Check:
    """Holds when both values are equal."""

    name: str
    expected: Any
    found: Any

    @property
    def holds(self) -> bool:
        return bool(self.expected == self.found)


@dataclass(frozen=True, slots=True)
class Reports:
    """What the platform says of the week to one account."""

    visits: dict[str, Json]
    attendance: dict[str, Json]
    ranking: list[Json]
    violations: list[Json]
    listed_visits: list[Json]

    @classmethod
    def read(cls, api: Api, days: Sequence[date]) -> "Reports":
        period = {"fromDate": days[0].isoformat(), "toDate": days[-1].isoformat()}
        rows = {
            name: list(api.items(f"/v1/reports/{name}", "rows", **period))
            for name in ("visits", "attendance", "visitRanking")
        }
        return cls(
            {row["userId"]: row for row in rows["visits"]},
            {row["userId"]: row for row in rows["attendance"]},
            rows["visitRanking"],
            list(api.items("/v1/violations", "violations", pageSize=200, **period)),
            list(api.items("/v1/visits", "visits", pageSize=200, **period)),
        )


def customers_reported(api: Api) -> int:
    return sum(row["activeCount"] for row in api.items("/v1/reports/customers", "rows"))


def wait_for(look: Callable[[], Iterable[Check]]) -> list[Check]:
    """Returns the checks once all hold, or as they are when patience ends."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        checks = list(look())
        if all(check.holds for check in checks) or time.monotonic() > deadline:
            return checks
        time.sleep(_LOOK_AGAIN_SECONDS)  # the pause between two looks at a condition


def of_import(shops: ShopFile, imported: Imported, reported: int) -> Iterable[Check]:
    yield Check("rows of the file = created + refused", shops.rows, imported.created + imported.rejected)
    yield Check("refused rows = rows of the result file", imported.rejected, imported.listed)
    yield Check("rows refused for their faults", dict(shops.faults), dict(imported.faults))
    yield Check("customers created = customers reported", imported.created, reported)


def of_plans(people: Sequence[Person], late: set[int]) -> Iterable[Check]:
    marked = {person.number for person in people if person.plan["submittedLate"]}
    yield Check("plans marked late, by person", late, marked)


def of_points(people: Sequence[Person]) -> Iterable[Check]:
    told = sum((person.phone.told for person in people), Fates())
    expected = sum((person.phone.expected for person in people), Fates())
    answered = told.accepted + told.duplicate + told.refused.total()
    yield Check("points sent = accepted + duplicate + refused", told.sent, answered)
    yield Check("points accepted", expected.accepted, told.accepted)
    yield Check("points known already", expected.duplicate, told.duplicate)
    yield Check("points refused, by reason", dict(expected.refused), dict(told.refused))


def of_people(people: Sequence[Person], reports: Reports) -> Iterable[Check]:
    for person in people:
        done, name = person.figures, person.api.username
        yield Check(
            f"{name}: visits, valid, ad hoc, planned, stops visited",
            (done.visits, done.valid, done.ad_hoc, done.planned, done.stops_visited),
            _figures(reports.visits.get(person.id, {}), _VISITS),
        )
        yield Check(
            f"{name}: days complete, on time, late, open",
            (done.days, done.days - done.late_days, done.late_days, 0),
            _figures(reports.attendance.get(person.id, {}), _ATTENDANCE),
        )


def _figures(row: Json, names: Iterable[str]) -> tuple[int, ...]:
    return tuple(row.get(name, 0) for name in names)


def of_violations(people: Sequence[Person], reports: Reports) -> Iterable[Check]:
    expected = Counter[str]()
    for person in people:
        expected["LATE_CLOCK_IN"] += person.figures.late_days
        expected["NO_SIGNAL"] += sum(silent_times(person).values())
    found = Counter(violation["kind"].removeprefix("KIND_") for violation in reports.violations)
    yield Check("violations, by kind", dict(+expected), dict(found))
    reported = sum(row["violationCount"] for row in reports.visits.values())
    yield Check("violations listed = violations reported", len(reports.violations), reported)


def silent_times(person: Person) -> dict[date, int]:
    """Returns how often the person's phone was silent, by day."""
    return {
        day: silences(
            person.phone.kept,
            day,
            datetime.fromisoformat(attendance["clockInTime"]),
            datetime.fromisoformat(attendance["clockOutTime"]),
        )
        for day, attendance in person.attendance.items()
    }


def of_visits(people: Sequence[Person], reports: Reports) -> Iterable[Check]:
    done = sum(person.figures.visits for person in people)
    yield Check("visits done = visits listed", done, len(reports.listed_visits))
    valid = sum(visit["valid"] for visit in reports.listed_visits)
    refused = sum(person.photos_refused for person in people)
    yield Check("photos refused before the checklist", len(script.PHOTO_BEFORE_CHECKLIST), refused)
    yield Check("valid visits", sum(person.figures.valid for person in people), valid)


def of_stranger(api: Api, customer_id: str, reports: Reports) -> Iterable[Check]:
    """A person of another unit sees none of it."""
    yield Check(f"{api.username} sees visits", 0, len(reports.listed_visits))
    yield Check(f"{api.username} sees violations", 0, len(reports.violations))
    reported = sum(row["visitCount"] + row["plannedCount"] for row in reports.visits.values())
    yield Check(f"{api.username} sees visits reported", 0, reported)
    yield Check(f"{api.username} asks for a customer of the week", 404, _status(api, customer_id))


def _status(api: Api, customer_id: str) -> int:
    try:
        api.get(f"/v1/customers/{customer_id}")
    except Refused as refused:
        return refused.status
    return 200
