"""A phone that keeps the fixes of its track until it sends them, and knows what must become of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from chassis import calendar
from demo_week.api import Api, Json, timestamp
from demo_week.tracks import Fix

_BATCH = 500
_AHEAD, _BEHIND = timedelta(minutes=5), timedelta(days=7)
_WINDOW = (time(8, 30), time(18, 0))
_PREFIX = "REASON_"


@dataclass
class Fates:
    """What became of points, or has to become of them, by outcome or reason of refusal."""

    sent: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Fates") -> "Fates":
        return Fates(
            self.sent + other.sent,
            self.accepted + other.accepted,
            self.duplicate + other.duplicate,
            self.refused + other.refused,
        )


class Phone:
    def __init__(self, api: Api, device_id: str) -> None:
        self._api = api
        self._device_id = device_id
        self._waiting: list[Fix] = []
        self.kept: set[datetime] = set()
        self.told = Fates()
        self.expected = Fates()

    def record(self, fixes: Iterable[Fix]) -> None:
        self._waiting = sorted([*self._waiting, *fixes])

    def send(self, now: datetime, *, answer_is_lost: bool = False) -> None:
        """Sends what it has recorded by `now`; when the answer is lost it sends the first batch again."""
        ready = [fix for fix in self._waiting if fix.known_at <= now]
        self._waiting = self._waiting[len(ready) :]
        batches = [ready[start : start + _BATCH] for start in range(0, len(ready), _BATCH)]
        for batch in batches + (batches[:1] if answer_is_lost else []):
            self._send(batch, now)

    def _send(self, batch: list[Fix], now: datetime) -> None:
        body = {"deviceId": self._device_id, "points": [_point(fix) for fix in batch]}
        answer = self._api.post("/v1/tracks:append", body)
        refused = Counter(point["reason"].removeprefix(_PREFIX) for point in answer["refused"])
        self.told += Fates(len(batch), answer["acceptedCount"], answer["duplicateCount"], refused)
        self._expect(batch, now)

    def _expect(self, batch: list[Fix], now: datetime) -> None:
        self.expected.sent += len(batch)
        for fix in batch:
            reason = refusal(fix.captured, now)
            if reason:
                self.expected.refused[reason] += 1
            elif fix.captured in self.kept:
                self.expected.duplicate += 1
            else:
                self.expected.accepted += 1
                self.kept.add(fix.captured)


def refusal(captured: datetime, now: datetime) -> str:
    """Returns why the rulebook's defaults refuse a point that arrives at `now`; empty when they keep it."""
    if captured > now + _AHEAD:
        return "CLOCK_AHEAD"
    if captured < now - _BEHIND:
        return "CLOCK_BEHIND"
    first, last = _WINDOW
    if not calendar.is_workday(calendar.local_date(captured)):
        return "OUTSIDE_WORKING_TIME"
    return "" if first <= calendar.local_time(captured) <= last else "OUTSIDE_WORKING_TIME"


def _point(fix: Fix) -> Json:
    latitude, longitude = fix.place
    return {
        "capturedTime": timestamp(fix.captured),
        "position": {
            "location": {"latitude": latitude, "longitude": longitude},
            "accuracyMeters": fix.accuracy_meters,
        },
        "speedMps": fix.speed_mps,
    }
