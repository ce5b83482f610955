"""What the phones recorded: fixes made from a seed, with the faults that real phones have."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from chassis import calendar

Place = tuple[float, float]

_STEP = timedelta(minutes=5)
_FIRST, _LAST = time(8, 32), time(17, 57)
_UNSET_CLOCK = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
_BEFORE_WORK = time(7, 15)
_NOON = time(12, 30)


@dataclass(frozen=True, slots=True, order=True)
class Fix:
    """A position by the phone's clock; the phone can send it from `known_at` on."""

    known_at: datetime
    captured: datetime
    place: Place
    accuracy_meters: float = 0.0
    speed_mps: float = 0.0


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong with one person's phone on one day."""

    silence: tuple[time, time] | None = None
    recorded_before_work: bool = False
    clock_unset: bool = False
    clock_ahead: bool = False


def made_track(seed: str, day: date, stops: Sequence[Place], faults: Faults) -> list[Fix]:
    """Returns a day between the stops, a fix every five minutes, with `faults` in it."""
    chance = random.Random(seed)  # noqa: S311  tracks are made alike each time, not kept secret
    moments = [moment for moment in _working_time(day) if not _is_silent(moment, day, faults)]
    share = len(moments) / len(stops)
    fixes = [
        Fix(moment, moment, _near(stops[int(number / share)], chance), chance.uniform(4, 40))
        for number, moment in enumerate(moments)
    ]
    return fixes + list(_faulty(day, stops[0], faults))


def _working_time(day: date) -> Iterator[datetime]:
    moment = calendar.at(day, _FIRST)
    while moment <= calendar.at(day, _LAST):
        yield moment
        moment += _STEP


def _is_silent(moment: datetime, day: date, faults: Faults) -> bool:
    if faults.silence is None:
        return False
    first, last = (calendar.at(day, wall_time) for wall_time in faults.silence)
    return first < moment < last


def _faulty(day: date, place: Place, faults: Faults) -> Iterator[Fix]:
    noon = calendar.at(day, _NOON)
    if faults.recorded_before_work:
        moment = calendar.at(day, _BEFORE_WORK)
        yield Fix(moment, moment, place)
    if faults.clock_unset:
        yield Fix(noon, _UNSET_CLOCK, place)
    if faults.clock_ahead:
        yield Fix(noon, noon + timedelta(hours=3), place)


def _near(place: Place, chance: random.Random) -> Place:
    return place[0] + chance.uniform(-0.0005, 0.0005), place[1] + chance.uniform(-0.0005, 0.0005)
