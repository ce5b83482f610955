"""Which processes a stack has started, so that the next one finds those a kill -9 left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PATIENCE = 10.0  # seconds that a left-over process gets for a clean end


def _ps(pid: int, column: str) -> str:
    command = ("/bin/ps", "-o", f"{column}=", "-p", str(pid))
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603  fixed


def started_at(pid: int) -> str:
    """When the process started, in the system's own words; empty when there is none.

    A process id alone may by now belong to somebody else's process.
    """
    if sys.platform != "linux":
        return _ps(pid, "lstart")
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    threads, start = int(fields[16]), fields[18]
    # The first thread may be a zombie while others still hold the process's ports.
    return "" if state == "Z" and threads <= 1 else start


def command_line(pid: int) -> str:
    if sys.platform != "linux":
        return _ps(pid, "command")
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def record(folder: Path, name: str, pid: int, stop_signal: int) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text(f"{pid} {stop_signal} {started_at(pid)}")


def forget(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)


def signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def stop_left_over(folder: Path) -> list[str]:
    """Stops what an earlier stack of this folder left running, and returns the names."""
    left = list(_left_over(folder))
    for _, pid, stop_signal in left:
        signal_group(pid, stop_signal)
        signal_group(pid, signal.SIGCONT)
    deadline = time.monotonic() + PATIENCE
    for _, pid, _ in left:
        while started_at(pid):  # a port is free only once its process is gone
            if time.monotonic() > deadline:
                signal_group(pid, signal.SIGKILL)
            time.sleep(0.02)  # the pause between two looks at a condition
        signal_group(pid, signal.SIGKILL)
    for path in folder.glob("*"):
        path.unlink()
    return [name for name, _, _ in left]


def _left_over(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in sorted(folder.glob("*")):
        pid, stop_signal, start = path.read_text().split(" ", 2)
        if start and started_at(int(pid)) == start:
            yield path.name, int(pid), int(stop_signal)
