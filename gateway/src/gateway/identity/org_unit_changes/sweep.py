"""Applies the moves and merges whose day has come."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chassis.access import UnitTree
from chassis.calendar import local_date
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import NotFound
from sqlalchemy import Connection, Row

from chassis import outbox
from gateway.identity.org_unit_changes import applying, guards, messages, rules, store
from gateway.identity.org_unit_changes.errors import ERRORS
from gateway.identity.org_unit_changes.rules import Kind, State
from gateway.identity.org_units import errors as org_unit_errors
from gateway.identity.org_units import store as org_units
from gateway.identity.org_units.rules import UnitNotFound
from gateway.identity.roles import errors as role_errors
from gateway.identity.standing import caller_now

_ERRORS = {**org_unit_errors.ERRORS, **role_errors.ERRORS, **ERRORS}


class DueChanges:
    """Applies what is due, one transaction for each, and tells those who filed it.

    Args:
        database: identity's.
        clock: what the days are counted by.
        tree: the organisation, to see how far rights reach.
        announce: announces revocations that have been committed.
    """

    def __init__(
        self, database: Database, clock: Clock, tree: UnitTree, announce: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._tree = tree
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
                _close(connection, change, self._tree, now)
        return change is not None


def _close(connection: Connection, change: "Row[Any]", tree: UnitTree, at: datetime) -> None:
    """Apply a change, or write why today it would not be taken."""
    kind, target = Kind(change.kind), change.target_unit_id
    try:
        _demand_allowed(connection, store.plan(connection, kind, change.unit_id, target), change, tree)
    except tuple(_ERRORS) as error:
        closed = store.close(connection, change.id, State.FAILED, at, _ERRORS[type(error)].reason)
        outbox.append(connection, [messages.told(closed), messages.recorded(closed)], at)
        return
    facts = applying.carry_out(connection, kind, change.unit_id, target, at)
    closed = store.close(connection, change.id, State.APPLIED, at)
    outbox.append(connection, [*facts, messages.told(closed), messages.recorded(closed)], at)


def _demand_allowed(connection: Connection, plan: rules.Plan, change: "Row[Any]", tree: UnitTree) -> None:
    """Ask of the filer as they stand today what was asked when they filed. Raises what has an error kind."""
    filer = caller_now(connection, change.filed_by_id)
    if filer is None:
        raise rules.FilerMayNot
    try:
        guards.demand_allowed(connection, plan, filer, tree)
    except (NotFound, UnitNotFound):  # no unit is ever deleted: it is out of the filer's reach
        raise rules.FilerMayNot from None
