"""A field representative of the demo: what the person does, and what has to be reported of it."""

from dataclasses import dataclass, field
from datetime import date, datetime

from demo_week.api import Api, Json, Refused, timestamp
from demo_week.phone import Phone
from demo_week.photos import CONTENT_TYPE, photo
from demo_week.tracks import Place

FRONT, DISPLAY = "KIND_FRONT", "KIND_DISPLAY"
CHECKLIST = {
    "displayTidied": True,
    "productsCleaned": True,
    "posmTidied": True,
    "promotionIntroduced": True,
    "competitorActivityLearned": True,
    "sellThroughLearned": True,
    "exceptions": [],
}


@dataclass
class Figures:
    """What was done, by the doer's own count."""

    visits: int = 0
    valid: int = 0
    ad_hoc: int = 0
    planned: int = 0
    stops_visited: int = 0
    days: int = 0
    late_days: int = 0


@dataclass
class Person:
    api: Api
    number: int
    user: Json
    phone: Phone
    routes: list[list[Json]] = field(default_factory=list)  # the customers of each day, Monday first
    spare: Json = field(default_factory=dict)
    plan: Json = field(default_factory=dict)
    attendance: dict[date, Json] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    photos_refused: int = 0

    @property
    def id(self) -> str:
        return str(self.user["id"])

    def draft_plan(self, days: list[date]) -> None:
        stops = [
            {"customerId": customer["id"], "visitDate": day.isoformat()}
            for day, route in zip(days, self.routes, strict=True)
            for customer in route
        ]
        self.plan = self.api.post("/v1/visitPlans", {"weekStartDate": days[0].isoformat(), "stops": stops})
        self.figures.planned = len(stops)

    def submit_plan(self) -> None:
        self.plan = self.api.post(f"/v1/visitPlans/{self.plan['id']}:submit")

    def move_stop(self, customer: Json, to: date, reason: str) -> None:
        stops = [
            {"id": stop["id"], "customerId": stop["customerId"], "visitDate": stop["visitDate"]}
            for stop in self.plan["stops"]
        ]
        moved = next(stop for stop in stops if stop["customerId"] == customer["id"])
        moved["visitDate"] = to.isoformat()
        stops.append(stops.pop(stops.index(moved)))  # last on its new day
        self.plan = self.api.post(
            f"/v1/visitPlans/{self.plan['id']}:amend", {"stops": stops, "reason": reason}
        )

    def clock_in(self, day: date, place: Place, *, is_late: bool) -> None:
        self.attendance[day] = self.api.post("/v1/attendance:clockIn", {"position": position(place)})
        self.figures.days += 1
        self.figures.late_days += is_late

    def clock_out(self, day: date, place: Place) -> None:
        self.attendance[day] = self.api.post("/v1/attendance:clockOut", {"position": position(place)})

    def open_visit(self, customer: Json, *, is_planned: bool) -> str:
        """Opens a visit, checks in, and returns the visit's id."""
        visit_id = str(self.api.post("/v1/visits", {"customerId": customer["id"]})["id"])
        self.api.post(f"/v1/visits/{visit_id}:checkIn", {"position": customer["position"]})
        self.figures.stops_visited += is_planned
        self.figures.ad_hoc += not is_planned
        return visit_id

    def check_shop(self, visit_id: str, at: datetime) -> None:
        body = {"checklist": CHECKLIST, "capturedTime": timestamp(at)}
        self.api.post(f"/v1/visits/{visit_id}:submitChecklist", body)

    def take_photos(self, visit_id: str, kinds: tuple[str, ...], at: datetime) -> None:
        for kind in kinds:
            content = photo(f"{visit_id} {kind}")
            link = self._begin_upload(visit_id, kind, len(content), at)["uploadUrl"]
            self.api.upload(link, content, CONTENT_TYPE)

    def try_early_photo(self, visit_id: str, at: datetime) -> None:
        """R016: the checklist comes before the photos."""
        try:
            self._begin_upload(visit_id, FRONT, 1000, at)
        except Refused as refused:
            if refused.reason != "CHECKLIST_MISSING":
                raise
            self.photos_refused += 1

    def _begin_upload(self, visit_id: str, kind: str, size: int, at: datetime) -> Json:
        body = {"visitId": visit_id, "kind": kind, "sizeBytes": size, "capturedTime": timestamp(at)}
        return self.api.post("/v1/photos:beginUpload", body)

    def leave_shop(self, visit_id: str, *, is_valid: bool) -> None:
        notes = {"customerOpinion": "价格合适", "inStoreSales": "动销正常", "competitorInformation": "无促销"}
        self.api.post(f"/v1/visits/{visit_id}:complete", notes)
        self.api.post(f"/v1/visits/{visit_id}:checkOut")
        self.figures.visits += 1
        self.figures.valid += is_valid


def position(place: Place) -> Json:
    return {"location": {"latitude": place[0], "longitude": place[1]}}


def place_of(customer: Json) -> Place:
    location = customer["position"]["location"]
    return location["latitude"], location["longitude"]
