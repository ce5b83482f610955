"""Applies the moves and merges whose day has come."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chassis.calendar import local_date
from chassis.clock import Clock
from chassis.database import Database
from sqlalchemy import Connection, Row

from chassis import outbox
from gateway.identity.org_unit_changes import applying, messages, rules, store
from gateway.identity.org_unit_changes.errors import ERRORS
from gateway.identity.org_unit_changes.rules import Kind, State
from gateway.identity.org_units import errors as org_unit_errors
from gateway.identity.org_units import store as org_units

_ERRORS = {**org_unit_errors.ERRORS, **ERRORS}


class DueChanges:
    """Applies what is due, one transaction for each, and tells those who filed it.

    Args:
        database: identity's.
        clock: what the days are counted by.
        announce: announces revocations that have been committed.
    """

    def __init__(self, database: Database, clock: Clock, announce: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._announce = announce

    def __call__(self) -> None:
        while self._apply_one():
            self._announce()

    def _apply_one(self) -> bool:
        now = self._clock.now()
        with self._database.begin() as connection:
            org_units.lock_tree(connection)
            change = store.lock_due(connection, local_date(now))
            if change is not None:
                _close(connection, change, now)
        return change is not None


def _close(connection: Connection, change: "Row[Any]", at: datetime) -> None:
    """Apply a change, or write why the tree of today no longer allows it."""
    kind, target = Kind(change.kind), change.target_unit_id
    try:
        rules.demand_possible(store.plan(connection, kind, change.unit_id, target))
    except tuple(_ERRORS) as error:
        closed = store.close(connection, change.id, State.FAILED, at, _ERRORS[type(error)].reason)
        outbox.append(connection, [messages.told(closed), messages.recorded(closed)], at)
        return
    facts = applying.carry_out(connection, kind, change.unit_id, target, at)
    closed = store.close(connection, change.id, State.APPLIED, at)
    outbox.append(connection, [*facts, messages.told(closed), messages.recorded(closed)], at)
