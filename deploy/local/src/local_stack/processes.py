"""A process of the platform: how it is described, started and logged."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from local_stack import pids
from local_stack.errors import LocalStackError

LAUNCH = Path(__file__).with_name("launch.py")


class User(NamedTuple):
    uid: int
    gid: int


@dataclass(frozen=True)
class Process:
    """One process of the table; `ready` says whether it answers."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool] = lambda: True
    environment: Mapping[str, str] = field(default_factory=dict)
    user: User | None = None
    stop_signal: signal.Signals = signal.SIGTERM


def launch(process: Process, log: Path) -> subprocess.Popen[bytes]:
    """Starts `process` so that Linux stops it when the calling *thread* ends, however it ends."""
    settings = (os.getpid(), int(process.stop_signal), *(process.user or (0, 0)))
    command = (sys.executable, "-I", "-S", str(LAUNCH), *map(str, settings), *process.command)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  the table of processes is ours
            command,
            env=_inherited() | dict(process.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _inherited() -> dict[str, str]:
    """The user's environment without what would steer a server behind the table's back."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("JOURNEYMAN_", "PG"))}


def new_log(folder: Path, name: str) -> Path:
    """An empty log for `name`; the one of the run before is kept beside it."""
    folder.mkdir(exist_ok=True, parents=True)
    log = folder / f"{name}.log"
    if log.exists():
        log.replace(folder / f"{name}.previous.log")
    return log


def tail(log: Path, name: str, lines: int = 8) -> str:
    last = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
    return "\n".join(f"  {name} | {line}" for line in last)


def run_all(jobs: Sequence[Process], logs: Path) -> None:
    """Runs one-shot commands side by side and waits for them.

    Raises LocalStackError with the end of its log when one fails.
    """
    running = [(job, log := new_log(logs, job.name), launch(job, log)) for job in jobs]
    try:
        for job, log, popen in running:
            if popen.wait() != 0:
                raise LocalStackError(f"{job.name} failed ({log})\n{tail(log, job.name)}")
    finally:
        for _, _, popen in running:
            pids.signal_group(popen.pid, signal.SIGKILL)
            popen.wait()
