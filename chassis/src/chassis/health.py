"""Whether a process can serve: named checks, each with a time limit, the answers kept for a moment."""

import threading
import time
from collections.abc import Callable, Mapping

Check = Callable[[], str | None]

_LIMIT_SECONDS = 1.0
_KEPT_SECONDS = 1.0
_NO_ANSWER = "no answer in time"


class Readiness:
    """Runs the checks side by side; a check returns None when all is well, else the reason.

    A check that hangs is reported and left alone until it returns: probes never pile up threads on it.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        limit_seconds: float = _LIMIT_SECONDS,
        kept_seconds: float = _KEPT_SECONDS,
    ) -> None:
        self._probes = {name: _Probe(check) for name, check in checks.items()}
        self._limit = limit_seconds
        self._kept = kept_seconds
        self._lock = threading.Lock()
        self._problems: dict[str, str] = {}
        self._fresh_until = 0.0
        self._draining = False

    def drain(self) -> None:
        """From now on the process is not ready, so that nobody sends it new work while it ends the old."""
        self._draining = True

    def problems(self) -> dict[str, str]:
        """What is not ready and why; empty when the process can serve."""
        if self._draining:
            return {"process": "draining"}
        never_asked = not self._fresh_until
        # While somebody waits for a check that hangs, others take the last answer: their threads have work.
        if self._lock.acquire(blocking=never_asked):
            try:
                self._renew()
            finally:
                self._lock.release()
        return dict(self._problems)

    def _renew(self) -> None:
        if time.monotonic() >= self._fresh_until:
            self._problems = self._ask_all()
            self._fresh_until = time.monotonic() + self._kept

    def _ask_all(self) -> dict[str, str]:
        for probe in self._probes.values():
            probe.start()
        deadline = time.monotonic() + self._limit
        answers = {name: probe.answer(deadline) for name, probe in self._probes.items()}
        return {name: reason for name, reason in answers.items() if reason is not None}


class _Probe:
    def __init__(self, check: Check) -> None:
        self._check = check
        self._thread: threading.Thread | None = None
        self._answer: str | None = _NO_ANSWER

    def start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            # A daemon, not a pool: a pool waits at exit for the very check that hangs.
            self._thread = threading.Thread(target=self._run, name="readiness", daemon=True)
            self._thread.start()

    def answer(self, deadline: float) -> str | None:
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        return _NO_ANSWER if self._thread is None or self._thread.is_alive() else self._answer

    def _run(self) -> None:
        try:
            self._answer = self._check()
        except Exception as error:  # noqa: BLE001 - whatever a check raises means not ready, never a dead probe
            self._answer = type(error).__name__
