"""Field representatives: attendance, plans, visits and tracks."""

import random
from datetime import UTC, date, datetime, timedelta

from demo_week.photos import photo

from havoc.account import Account, Json, Unexpected
from havoc.databases import Databases
from havoc.writers import Writer

CUSTOMERS = 3
POINTS = 10
CHECKLIST = {
    "displayTidied": True,
    "productsCleaned": True,
    "posmTidied": True,
    "promotionIntroduced": True,
    "competitorActivityLearned": True,
    "sellThroughLearned": True,
}
PLACE = {"location": {"latitude": 31.2, "longitude": 121.5}, "accuracyMeters": 5}


class VisitWriter(Writer):
    """`today` is a working day of the platform's business clock, at an hour in which people work."""

    def __init__(self, account: Account, seed: str, today: date) -> None:
        super().__init__(account)
        self._pick = random.Random(f"{seed} {account.username} visits")
        self._today = today
        self._week = today - timedelta(days=today.weekday())
        self._captured = datetime(today.year, today.month, today.day, 1, 0, tzinfo=UTC) - timedelta(days=1)
        self._customers: list[str] = []
        self._user_id = ""
        self.states: dict[str, tuple[str, bool]] = {}  # of visits, and whether they are valid
        self.plans: dict[str, int] = {}  # stops by plan
        self.points: set[datetime] = set()

    def step(self) -> None:
        if not self._user_id:
            self._begin()
        self._pick.choice((self._visit, self._plan, self._track, self._track))()

    def losses(self, databases: Databases) -> list[str]:
        return [
            *self._differences(
                databases, "visit", {(key, *state) for key, state in self.states.items()}, _VISITS
            ),
            *self._differences(databases, "plan", set(self.plans.items()), _PLANS),
            *self._differences(databases, "point", {(point,) for point in self.points}, _POINTS),
        ]

    def _differences(self, databases: Databases, what: str, written: set[tuple], query: str) -> list[str]:
        kept = databases.rows("visit", query, self._user_id or None)
        if len(kept) != len(set(kept)):
            return [f"{what}: one is there twice"]
        return [f"{what} {row} of {self.account.username}" for row in written.symmetric_difference(kept)]

    def _begin(self) -> None:
        user = self.account.get("/v1/me")["user"]
        self.account.repeat("/v1/attendance:clockIn", {"position": PLACE})
        for number in range(CUSTOMERS):
            made = self.account.write("/v1/customers", {"name": f"{user['username']} shop {number}"})
            self._customers.append(made["id"])
        self._user_id = user["id"]

    def _visit(self) -> None:
        """The customer may have been added a moment ago: visit need not have heard of it yet."""
        visit = self.account.write("/v1/visits", {"customerId": self._pick.choice(self._customers)})
        path = f"/v1/visits/{visit['id']}"
        self._note(visit)
        self._note(self.account.write(f"{path}:checkIn", {"position": PLACE}))
        checked = {"checklist": CHECKLIST, "capturedTime": f"{self._today}T02:00:00Z"}
        self._note(self.account.write(f"{path}:submitChecklist", checked))
        for kind in ("KIND_FRONT", "KIND_DISPLAY"):
            self._take_photo(visit["id"], kind)
        self._note(self.account.write(f"{path}:complete", {"customerOpinion": "价格合适"}))
        self._note(self.account.write(f"{path}:checkOut"))

    def _take_photo(self, visit_id: str, kind: str) -> None:
        content = photo(f"{visit_id} {kind}")
        body = {"visitId": visit_id, "kind": kind, "sizeBytes": len(content)}
        taken = {"capturedTime": f"{self._today}T02:00:01Z"}
        begun = self.account.write("/v1/photos:beginUpload", body | taken)
        self.account.upload(begun["uploadUrl"], content)

    def _note(self, visit: Json) -> None:
        self.states[visit["id"]] = (visit["state"].removeprefix("STATE_"), visit["valid"])

    def _plan(self) -> None:
        """A week has one plan of a person: each is for a week further on, up to a year."""
        self._week += timedelta(days=7)
        if self._week > self._today + timedelta(days=360):
            return
        week, stops = self._week.isoformat(), self._stops(CUSTOMERS)
        plan = self.account.write("/v1/visitPlans", {"weekStartDate": week, "stops": stops})
        self.plans[plan["id"]] = CUSTOMERS
        self.account.write(f"/v1/visitPlans/{plan['id']}:submit")
        body = {"stops": self._stops(CUSTOMERS - 1), "reason": "店铺今日歇业"}
        self.account.write(f"/v1/visitPlans/{plan['id']}:amend", body)
        self.plans[plan["id"]] = CUSTOMERS - 1

    def _stops(self, count: int) -> list[Json]:
        return [{"customerId": key, "visitDate": self._week.isoformat()} for key in self._customers[:count]]

    def _track(self) -> None:
        """Points have a business key, their captured time: no key of the request's is needed."""
        captured = [self._captured + timedelta(milliseconds=100 * number) for number in range(POINTS)]
        points = [{"capturedTime": at.isoformat(), "position": PLACE} for at in captured]
        answer = self.account.repeat("/v1/tracks:append", {"points": points, "deviceId": "p"})
        if answer["acceptedCount"] + answer["duplicateCount"] != POINTS:
            raise Unexpected(str(answer))
        self._captured = captured[-1] + timedelta(milliseconds=100)
        self.points.update(captured)


_VISITS = "SELECT id::text, state, valid FROM visits WHERE user_id = %s"
_PLANS = """SELECT plan_id::text, count(*) FROM visit_plan_stops JOIN visit_plans p ON p.id = plan_id
 WHERE user_id = %s GROUP BY plan_id"""
_POINTS = "SELECT captured_at FROM track_points WHERE user_id = %s"
