"""R155: whoever has to act on an account change is told when its one working day has passed."""

from chassis.clock import Clock
from chassis.database import Database

from chassis import outbox
from gateway.identity.account_changes import notices, store

_BATCH = 100


class OverdueChanges:
    """The sweep. Each change is told once; one that was filed late said so when it was filed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def __call__(self) -> None:
        while self._tell() == _BATCH:
            pass

    def _tell(self) -> int:
        now = self._clock.now()
        with self._database.begin() as connection:
            told = store.note_overdue(connection, now, _BATCH)
            outbox.append(connection, [notices.overdue(change) for change in told], now)
        return len(told)
