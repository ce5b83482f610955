"""Notes on which days people sign in, at the moment when they get the tokens of a session."""

import threading
from datetime import date
from typing import Any

from chassis.calendar import local_date
from chassis.outbox import Fact
from chassis.server import Call
from journeyman.identity.v1 import events_pb2
from sqlalchemy import Row

from gateway.identity.login_days import store


class LoginDays:
    """Keeps the first sign-in or refresh of each person on each day of business.

    What was kept is remembered here, so that of all that a person does on a day only the first sign-in costs
    a round trip to the database.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day: date | None = None
        self._kept: set[str] = set()

    def note(self, call: Call, account: "Row[Any]") -> None:
        """Keep that the person got tokens now, in the transaction that makes them."""
        day = local_date(call.now)
        if self._is_kept(day, account.id):
            return
        if store.keep(call.connection, account.id, account.unit_id, day, call.now):
            data = events_pb2.PersonSignedIn(user_id=account.id, work_date=day.isoformat())
            version = day.toordinal()
            call.publish(Fact("journeyman.identity.person.signed_in.v1", account.id, version, data))
        # not before the commit: a day that was rolled back is to be kept at the next refresh
        call.after_commit(lambda: self._remember(day, account.id))

    def _is_kept(self, day: date, user_id: str) -> bool:
        with self._lock:
            return self._day == day and user_id in self._kept

    def _remember(self, day: date, user_id: str) -> None:
        with self._lock:
            if self._day != day:
                self._day, self._kept = day, set()
            self._kept.add(user_id)
