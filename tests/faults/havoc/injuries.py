"""What can happen to the platform: a process is killed, or stands still; Valkey loses its data."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import redis
from chassis.leases import LEASE_SECONDS
from local_stack import table
from local_stack.stack import Stack

SHORT_STOP = (0.1, 1.0)
LONG_STOP = LEASE_SECONDS + 2.0
LONG_ONES = 0.05
PROCESSES = (*table.SERVERS, *table.LISTENING, *table.BACKGROUND)


@dataclass(frozen=True)
class Injury:
    """`kill` and `stop` are the signals; `empty` is FLUSHALL."""

    kind: str
    process: str

    def __str__(self) -> str:
        return f"{self.kind} {self.process}"


EVERY = (
    *(Injury(kind, process) for kind in ("kill", "stop") for process in PROCESSES),
    Injury("empty", "valkey"),
)


def injuries(pick: random.Random, count: int) -> Sequence[Injury]:
    """Return `count` of them in random order: each of them once, as far as that goes, and then any."""
    chosen = list(EVERY) + [pick.choice(EVERY) for _ in range(count - len(EVERY))]
    pick.shuffle(chosen)
    return chosen[:count]


class Surgeon:
    """Inflicts them on a stack."""

    def __init__(self, stack: Stack, pick: random.Random) -> None:
        self._stack = stack
        self._pick = pick
        self._pause = threading.Event()
        self._inflict: dict[str, Callable[[str], None]] = {
            "kill": self._kill,
            "stop": self._stop,
            "empty": self._empty,
        }

    def inflict(self, injury: Injury) -> None:
        """Return when a stopped process goes on; a killed one is still being started again."""
        self._inflict[injury.kind](injury.process)

    def _kill(self, process: str) -> None:
        # PostgreSQL's children are in no group of its, and would still write what it has in memory.
        _signal(_descendants(self._process_id(process)), signal.SIGKILL)
        self._stack.kill(process)

    def _stop(self, process: str) -> None:
        is_long = self._pick.random() < LONG_ONES
        with frozen(self._stack, process):
            self._pause.wait(LONG_STOP if is_long else self._pick.uniform(*SHORT_STOP))

    def _empty(self, _process: str) -> None:
        url = self._stack._layout.redis_url
        with (
            redis.Redis.from_url(url, socket_timeout=5) as client,
            suppress(redis.RedisError),  # it may be away: then it has lost everything anyway
        ):
            client.flushall()

    def _process_id(self, process: str) -> int:
        recorded = self._stack.folder / "pids" / process
        # Being started again after the injury before, it has no file yet or an empty one.
        while not (recorded.exists() and (text := recorded.read_text())):
            self._pause.wait(0.02)
        return int(text.split(" ")[0])


@contextmanager
def frozen(stack: Stack, process: str) -> Iterator[None]:
    """Make a process stand still with all that it has started."""
    surgeon = Surgeon(stack, random.Random())
    family = (process_id := surgeon._process_id(process), *_descendants(process_id))
    _signal(family, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(family, signal.SIGCONT)


def _signal(process_ids: Sequence[int], number: signal.Signals) -> None:
    for process_id in process_ids:
        with suppress(ProcessLookupError):
            os.kill(process_id, number)


def _descendants(parent: int) -> list[int]:
    found = []
    for tasks in Path(f"/proc/{parent}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, tasks.read_text().split()):
                found += [child, *_descendants(child)]
    return found
