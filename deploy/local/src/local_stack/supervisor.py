"""Keeps processes running, and stops them in the reverse order of their start."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local_stack import pids
from local_stack.errors import LocalStackError
from local_stack.processes import Process, launch, new_log, tail

TICK = 0.05
DRAIN = 15.0  # seconds from the stop signal to SIGKILL
PATIENCE = 60.0  # seconds that processes may take until they are ready
STEADY = 10.0  # a process that ran this long starts again without back-off
LONGEST_PAUSE = 5.0
FAILED_STARTS = 3


class _Child:
    """A process of the supervisor; only the supervisor's thread starts and reaps it."""

    def __init__(self, process: Process, log: Path, pid_folder: Path) -> None:
        self.process = process
        self.log = log
        self.wanted = True
        self.has_answered = False
        self.popen: subprocess.Popen[bytes] | None = None
        self.failures = 0
        self._pid_folder = pid_folder
        self._started = self._next_start = 0.0

    def tend(self, report: Callable[[str], None]) -> None:
        now = time.monotonic()
        if self.popen is not None and self.popen.poll() is not None:
            self._note_end(now, report)
        if self.popen is None and self.wanted and now >= self._next_start:
            self._started = now
            self.popen = launch(self.process, self.log)
            pids.record(self._pid_folder, self.process.name, self.popen.pid, self.process.stop_signal)

    def _note_end(self, now: float, report: Callable[[str], None]) -> None:
        code = self._reap()
        self.failures = 1 if now - self._started > STEADY else self.failures + 1
        pause = min(LONGEST_PAUSE, 0.1 * 2**self.failures)
        self._next_start = now + pause
        if self.wanted:
            report(f"{self.process.name} ended with {code}; starting it again in {pause:.1f} s ({self.log})")

    def _reap(self) -> int:
        popen, self.popen = self.popen, None
        if popen is None:
            return 0
        code = popen.wait()
        pids.signal_group(popen.pid, signal.SIGKILL)  # workers that outlive their parent hold its port
        pids.forget(self._pid_folder, self.process.name)
        return code

    def ask_to_stop(self) -> None:
        if self.popen is not None and self.popen.poll() is None:
            self.popen.send_signal(self.process.stop_signal)
            pids.signal_group(self.popen.pid, signal.SIGCONT)

    def finish(self, deadline: float) -> None:
        if self.popen is None:
            return
        try:
            self.popen.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            pids.signal_group(self.popen.pid, signal.SIGKILL)
        self._reap()


class Supervisor:
    """Keeps groups of processes running until it is stopped; a later group is stopped first.

    One thread of its own starts every child, as Linux ties a child to the thread that started it.
    """

    def __init__(self, folder: Path, report: Callable[[str], None] = lambda _: None) -> None:
        self.logs = folder / "logs"
        self._pids = folder / "pids"
        self._report = report
        self._groups: list[list[_Child]] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        pids.stop_left_over(self._pids)
        self._thread.start()

    def add(self, processes: Sequence[Process]) -> None:
        """Starts `processes` side by side; returns at once."""
        group = [_Child(process, new_log(self.logs, process.name), self._pids) for process in processes]
        with self._lock:
            self._groups.append(group)

    def wait_ready(self) -> None:
        """Returns once every wanted process answers, and reports each that does so for the first time.

        Raises LocalStackError with the end of its log when one keeps ending or takes too long.
        """
        deadline = time.monotonic() + PATIENCE
        for child in self._children():
            while child.wanted and not child.process.ready():
                if child.failures >= FAILED_STARTS or time.monotonic() > deadline:
                    name = child.process.name
                    raise LocalStackError(f"{name} does not start ({child.log})\n{tail(child.log, name)}")
                time.sleep(TICK)
            if child.wanted and not child.has_answered:
                child.has_answered = True
                self._report(f"{child.process.name} is ready")

    def kill(self, name: str) -> None:
        """Ends `name` as a crash would and returns once it is gone; it is started again."""
        child = self._child(name)
        popen = child.popen
        if popen is not None:
            pids.signal_group(popen.pid, signal.SIGKILL)
            while child.popen is popen:
                time.sleep(TICK)
            child.failures = 0  # of its own it has not failed

    @contextmanager
    def down(self, name: str) -> Iterator[None]:
        """Ends `name` as a crash would and keeps it down inside the block."""
        child = self._child(name)
        child.wanted = False
        self.kill(name)
        try:
            yield
        finally:
            child.failures, child.wanted = 0, True
            self.wait_ready()

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stops the clock of `name` inside the block: it accepts connections and never answers."""
        popen = self._child(name).popen
        if popen is None:
            raise LocalStackError(f"{name} is not running")
        pids.signal_group(popen.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            pids.signal_group(popen.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Stops every group, last first; a process that does not end in time is killed."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(TICK):
            with self._lock:
                for child in self._children():
                    child.tend(self._report)
        for group in reversed(self._groups):
            deadline = time.monotonic() + DRAIN
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.finish(deadline)

    def _children(self) -> list[_Child]:
        return [child for group in self._groups for child in group]

    def _child(self, name: str) -> _Child:
        return next(child for child in self._children() if child.process.name == name)
