"""Keeps a backend that does not answer from holding the gateway's threads."""

import threading
import time
from collections.abc import Callable

FAILURES_TO_OPEN = 5
MOST_IN_FLIGHT = 6  # below the eight threads: two are always left for the other backends
PATIENCE_SECONDS = 2.0
_LIVELY_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.1


class RefusedError(Exception):
    """The backend is not asked now."""


class Breaker:
    """Lets calls through while a backend answers.

    Opens after five failures in a row, and then refuses every call until `close`: no caller is sent ahead to
    find out whether a hung backend is back. A call beyond the limit waits for a free place, but only while
    the backend keeps answering: behind a hung one it is refused at once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._places = threading.BoundedSemaphore(MOST_IN_FLIGHT)
        self._lock = threading.Lock()
        self._failures = 0
        self._in_flight = 0
        self._heard_at = clock()

    @property
    def is_open(self) -> bool:
        return self._failures >= FAILURES_TO_OPEN

    def close(self) -> None:
        """Lets calls through again."""
        with self._lock:
            self._failures = 0

    def enter(self, patience: float = PATIENCE_SECONDS) -> None:
        """Takes a place for a call, to be given back by `leave`; waits so many seconds for one.

        Raises RefusedError.
        """
        if self.is_open or not (self._places.acquire(blocking=False) or self._wait_for_place(patience)):
            raise RefusedError
        with self._lock:
            if not self._in_flight:
                self._heard_at = self._clock()  # a backend that had nothing to do has not been silent
            self._in_flight += 1

    def _wait_for_place(self, patience: float) -> bool:
        give_up_at = self._clock() + patience
        while (now := self._clock()) < give_up_at and now - self._heard_at < _LIVELY_SECONDS:
            if self._places.acquire(timeout=_LOOK_AGAIN_SECONDS):
                return True
        return False

    def leave(self, *, answered: bool) -> bool:
        """Gives the place back, and tells whether the breaker opened by it.

        `answered`: the backend spoke, whatever it said.
        """
        self._places.release()
        with self._lock:
            self._in_flight -= 1
            if answered:
                self._failures = 0
                self._heard_at = self._clock()
                return False
            self._failures += 1
            return self._failures == FAILURES_TO_OPEN
