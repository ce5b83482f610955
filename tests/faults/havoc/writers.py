"""What writes while the platform breaks."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import contextmanager

from havoc.account import Account
from havoc.databases import Databases

PAUSE = 0.05  # the platform is to be broken at work, not to be overloaded
LAST_ANSWERS = 120.0


class Writer(ABC):
    """One person's work: `step` again and again, in a thread; remembers what was acknowledged."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.failure: Exception | None = None

    @abstractmethod
    def step(self) -> None:
        """Write something, and remember it once it is acknowledged."""

    @abstractmethod
    def losses(self, databases: Databases) -> list[str]:
        """Return what was acknowledged and is not there once, and what is there and was not written."""

    @property
    def acknowledged(self) -> int:
        return self.account.acknowledged

    def run(self, stopped: threading.Event) -> None:
        while not stopped.wait(PAUSE):
            try:
                self.step()
            except Exception as error:  # noqa: BLE001 - told by `failures`, in the test's thread
                self.failure = error
                return


class Writers:
    """Several at once."""

    def __init__(self, writers: Sequence[Writer]) -> None:
        self._writers = writers

    @contextmanager
    def at_work(self):
        """Let them write inside the block, and end what they have begun."""
        stopped = threading.Event()
        threads = [threading.Thread(target=writer.run, args=(stopped,)) for writer in self._writers]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            stopped.set()
            for thread in threads:
                thread.join(LAST_ANSWERS)

    @property
    def acknowledged(self) -> int:
        return sum(writer.acknowledged for writer in self._writers)

    def failures(self) -> list[str]:
        return [repr(writer.failure) for writer in self._writers if writer.failure is not None]

    def losses(self, databases: Databases) -> list[str]:
        return [loss for writer in self._writers for loss in writer.losses(databases)]
