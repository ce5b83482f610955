"""Where the shops and tracks of the demo come from: real files, or a seed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from demo_week import recordings, script
from demo_week.person import Person, place_of
from demo_week.recordings import Recording
from demo_week.shops import ShopFile, made_shops, real_shops
from demo_week.tracks import Faults, made_track
from demo_week.week import WORKDAYS


class Source(Protocol):
    """What the week is made of."""

    stops_a_day: int

    def shops(self) -> ShopFile:
        """Returns the file of shops."""

    def record(self, people: Sequence[Person], days: Sequence[date]) -> str:
        """Gives the phones their tracks; returns in words where they come from."""


class Made:
    """A small organisation that the project makes itself, alike each time."""

    stops_a_day = 3

    def shops(self) -> ShopFile:
        return made_shops()

    def record(self, people: Sequence[Person], days: Sequence[date]) -> str:
        for person in people:
            for number, day in enumerate(days):
                faults = script.FAULTS.get((person.number, number), Faults())
                stops = [place_of(customer) for customer in person.routes[number]]
                person.phone.record(made_track(f"{person.number} {number}", day, stops, faults))
        return "made from a seed"


@dataclass
class Recorded:
    """Real shops and tracks of real phones."""

    folder: Path
    stops_a_day: int = field(default=6, init=False)

    def shops(self) -> ShopFile:
        return real_shops(self.folder)

    def record(self, people: Sequence[Person], days: Sequence[date]) -> str:
        """Each recorded day goes to a person on the same day of the week; trips fill the days left over."""
        waiting = _by_weekday(recordings.phone_days(self.folder))
        trips = _by_weekday(recordings.trips(self.folder))
        used = sum(map(len, waiting.values()))
        days_of_trips, filled = sum(map(len, trips.values())), 0
        for number, day in enumerate(days):
            for person in people:
                if waiting[number]:
                    _give(person, waiting[number].pop(0), number, day)
                elif trips[number]:
                    _give(person, trips[number].pop(0), number, day)
                    filled += 1
        self._weekend(people, days[0], waiting)
        left = sum(map(len, waiting.values()))
        return f"{used - left} of {used} recorded days, {filled} of {days_of_trips} days of trips"

    def _weekend(self, people: Sequence[Person], monday: date, waiting: dict[int, list[Recording]]) -> None:
        """What was recorded on a Saturday or Sunday is of the one before; the phone sends it on Monday."""
        for weekday in range(WORKDAYS, 7):
            day = monday - timedelta(days=7 - weekday)
            for person, recording in zip(people, waiting.pop(weekday, []), strict=False):
                _give(person, recording, script.MONDAY, day)


def _by_weekday(found: Sequence[Recording]) -> defaultdict[int, list[Recording]]:
    days = defaultdict[int, list[Recording]](list)
    for recording in found:
        days[recording.day.weekday()].append(recording)
    return days


def _give(person: Person, recording: Recording, number: int, day: date) -> None:
    person.phone.record(recording.moved(day, place_of(person.routes[number][0])))


def source_of(folder: Path | None) -> Source:
    return Recorded(folder) if folder else Made()
