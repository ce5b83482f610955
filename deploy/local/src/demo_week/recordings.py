"""Tracks that real phones recorded, moved to the week and the places of the demo."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from chassis import calendar
from demo_week.tracks import Fix, Place

_WORKING_TIME = (time(8, 30), time(18, 0))
_CLOCK_WAS_SET = 2000  # a fix of an earlier year was taken by a phone that did not know the date


@dataclass(frozen=True, slots=True)
class RawFix:
    """A fix as it was recorded; `local` is what the clocks of that place showed."""

    local: datetime
    place: Place
    accuracy_meters: float = 0.0
    speed_mps: float = 0.0


@dataclass(frozen=True, slots=True)
class Recording:
    """What one phone recorded for one day, the day of its last fix."""

    source: str
    day: date
    fixes: tuple[RawFix, ...]

    def moved(self, to: date, first_place: Place) -> list[Fix]:
        """Returns the fixes of a day of the demo.

        Shifted by whole days, so that the clock time stays; moved so that the day's first fix lies at
        `first_place`. A fix of a phone that did not know the date stays where it is.
        """
        shift = to - self.day
        origin = next(fix.place for fix in self.fixes if fix.local.date() == self.day)
        move = (first_place[0] - origin[0], first_place[1] - origin[1])
        return [_moved(fix, shift, move, to) for fix in self.fixes]


def _moved(fix: RawFix, shift: timedelta, move: Place, to: date) -> Fix:
    is_dated = fix.local.year >= _CLOCK_WAS_SET
    local = fix.local + shift if is_dated else fix.local
    captured = local.replace(tzinfo=calendar.BUSINESS_ZONE)
    known_at = captured if is_dated else datetime.combine(to, datetime.min.time(), calendar.BUSINESS_ZONE)
    place = (fix.place[0] + move[0], _around_the_globe(fix.place[1] + move[1]))
    return Fix(known_at, captured, place, fix.accuracy_meters, fix.speed_mps)


def _around_the_globe(longitude: float) -> float:
    return (longitude + 180) % 360 - 180


def phone_days(folder: Path) -> list[Recording]:
    """Returns the days of `tracks/emission_locations.csv`, one for each file that it was made of."""
    fixes = defaultdict[str, list[RawFix]](list)
    for row in _rows(folder / "tracks" / "emission_locations.csv"):
        local = datetime.fromisoformat(row["local_time"]).replace(tzinfo=None)
        accuracy, speed = float(row["accuracy_m"] or 0), float(row["speed_mps"] or 0)
        place = (float(row["lat"]), float(row["lng"]))
        fixes[row["source_file"]].append(RawFix(local, place, accuracy, speed))
    return [_recording(source, found) for source, found in fixes.items()]


def trips(folder: Path) -> list[Recording]:
    """Returns the days of `tracks/go_track_*.csv`, those with most fixes in working time first.

    Their clock shows no seconds.
    """
    phones = {row["id"]: row["id_android"] for row in _rows(folder / "tracks" / "go_track_tracks.csv")}
    fixes = defaultdict[str, list[RawFix]](list)
    for row in _rows(folder / "tracks" / "go_track_trackspoints.csv"):
        local = datetime.strptime(row["time"], "%Y-%m-%d %H:%M")  # noqa: DTZ007  the file names no zone
        source = f"phone {phones[row['track_id']]} of {local.date()}"
        fixes[source].append(RawFix(local, (float(row["latitude"]), float(row["longitude"]))))
    found = [_recording(source, points) for source, points in fixes.items()]
    return sorted(found, key=_fixes_in_working_time, reverse=True)


def _fixes_in_working_time(recording: Recording) -> int:
    first, last = _WORKING_TIME
    return sum(first <= fix.local.time() <= last for fix in recording.fixes)


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _recording(source: str, fixes: Sequence[RawFix]) -> Recording:
    ordered = tuple(sorted(fixes, key=lambda fix: fix.local))
    return Recording(source, ordered[-1].local.date(), ordered)
