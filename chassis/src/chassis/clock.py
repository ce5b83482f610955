"""The business clock: what rules are told the time by.

Tokens, deadlines, leases, retries and caches stay on the real clock and never come here.
"""

import json
import math
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

_MAXIMUM_RATE = 1_000_000.0

_log = structlog.get_logger(__name__)


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant of business, aware, in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """Stands still until it is set; for tests."""

    def __init__(self, at: datetime) -> None:
        self.set(at)

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = _utc(at)

    def advance(self, by: timedelta) -> None:
        self._at += by


@dataclass(frozen=True, slots=True)
class _Reading:
    at: datetime
    rate: float
    since_ns: int

    def now(self) -> datetime:
        elapsed = (time.time_ns() - self.since_ns) / 1_000
        return self.at + timedelta(microseconds=self.rate * elapsed)


_Stamp = tuple[int, int, int]


class FileClock:
    """Follows a file that says which instant it was when the file was written, and how fast time runs since.

    A missing file means real time. A file that cannot be read as a clock keeps the last good reading, so
    an editor that saves in two steps never throws a process back to real time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[_Stamp | None, _Reading | None] = (None, None)

    def now(self) -> datetime:
        reading = self._reading()
        return datetime.now(UTC) if reading is None else reading.now()

    def _reading(self) -> _Reading | None:
        try:
            status = os.stat(self._path)  # noqa: PTH116 - half the cost of Path.stat, on every business read
        except FileNotFoundError:
            self._seen = (None, None)
            return None
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        seen_stamp, reading = self._seen
        if stamp != seen_stamp:
            reading = self._reread(status.st_mtime_ns, reading)
            self._seen = (stamp, reading)  # one assignment: threads see the old pair or the new one
        return reading

    def _reread(self, since_ns: int, last_good: _Reading | None) -> _Reading | None:
        try:
            return _parse(self._path.read_bytes(), since_ns)
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("clock_file_unreadable", path=str(self._path), problem=repr(error))
            return last_good


def write_clock_file(path: Path, at: datetime, rate: float = 1.0) -> None:
    """Sets every clock that follows `path`, in one step: a reader meets the old file or the new one."""
    content = json.dumps({"at": _utc(at).isoformat(), "rate": _rate(rate)}).encode()
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    unfinished.write_bytes(content)
    written_ns = time.time_ns()
    os.utime(unfinished, ns=(written_ns, written_ns))  # the kernel's own stamp lags by up to a timer tick
    unfinished.replace(path)


def _parse(content: bytes, since_ns: int) -> _Reading:
    document = json.loads(content)
    return _Reading(
        at=_utc(datetime.fromisoformat(document["at"])),
        rate=_rate(document.get("rate", 1.0)),
        since_ns=since_ns,
    )


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant without an offset says nothing")
    return at.astimezone(UTC)


def _rate(rate: float) -> float:
    if not math.isfinite(rate) or not 0 <= rate <= _MAXIMUM_RATE:
        raise ValueError(f"a clock runs at 0 to {_MAXIMUM_RATE:.0f} times real time")
    return float(rate)
