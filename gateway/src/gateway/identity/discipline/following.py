"""Accounts follow the disciplinary ladder that visit keeps (R139)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from chassis.clock import Clock
from chassis.events import Received, Subscription
from journeyman.visit.v1.events_pb2 import DisciplinaryActionChanged
from sqlalchemy import Connection, Row

from chassis import outbox
from gateway.identity.account_changes.rules import Kind
from gateway.identity.discipline import filing, store
from gateway.identity.discipline.rules import CLOSING, FREEZING, freeze_reason, is_to_thaw
from gateway.identity.org_units.store import OwnTree
from gateway.identity.roles import store as roles
from gateway.identity.roles.rules import AccountBeyondOwn, demand_not_stronger
from gateway.identity.sessions import revocations
from gateway.identity.sessions import store as sessions
from gateway.identity.sessions.moments import real_now
from gateway.identity.users import messages as user_messages
from gateway.identity.users import store as users
from gateway.identity.users.rules import ACTIVE, DISABLED, FROZEN, following

Subtree = Callable[[str], frozenset[str]]
_RIGHT = "disciplinaryActions.take"


def subscription(clock: Clock, tree: OwnTree) -> Subscription[DisciplinaryActionChanged]:
    """Return the subscription to visit's events."""

    def apply(connection: Connection, received: Sequence[Received[DisciplinaryActionChanged]]) -> None:
        actions = [each.data for each in received]
        # all of the batch at once and in one order, as a closing locks leaver and successor
        users.lock_together(connection, {action.user_id for action in actions})
        for action in actions:
            _follow(connection, action, tree.subtree, clock.now())

    return Subscription("discipline", "visit", (DisciplinaryActionChanged,), apply)


def _follow(
    connection: Connection, action: DisciplinaryActionChanged, subtree: Subtree, at: datetime
) -> None:
    """Do to the account what the action says; what is known already, or older, does nothing."""
    action_id, freezes = action.disciplinary_action_id, action.step in FREEZING
    if not action.effective:
        # kept although unknown: the step may come after what ended it, when it was parked and replayed
        if not store.add(connection, action_id, action.user_id, freezes=freezes, in_effect=False):
            _lift(connection, action_id, at)
        return
    if not store.add(connection, action_id, action.user_id, freezes=freezes) or not freezes:
        return
    account = users.lock(connection, action.user_id)
    if account is not None and account.state == ACTIVE:
        _keep_out(connection, account, action, subtree, at)
    if account is not None and account.state != DISABLED and action.step == CLOSING:
        filing.file(connection, Kind.CLOSE, account, action, at)


def _keep_out(
    connection: Connection,
    account: "Row[Any]",
    action: DisciplinaryActionChanged,
    subtree: Subtree,
    at: datetime,
) -> None:
    """Freeze the account, or ask for it where its roles reach further than those of who took the step."""
    held, own = (
        roles.holdings(roles.assignments_of(connection, user_id))
        for user_id in (account.id, action.taken_by_id)
    )
    try:
        demand_not_stronger(held, own, subtree, right=_RIGHT)
    except AccountBeyondOwn:
        filing.file(connection, Kind.FREEZE, account, action, at)
        return
    reason = freeze_reason(action.disciplinary_action_id)
    frozen = users.change(connection, account.id, following(FROZEN, reason), at)
    sessions.end_all(connection, account.id, real_now())
    revoked = revocations.write(connection, account.id, real_now())  # the sweep announces it
    outbox.append(connection, [revoked, _changed(connection, frozen)], at)


def _lift(connection: Connection, action_id: str, at: datetime) -> None:
    """Undo what the action caused, and nothing else."""
    hold = store.lift(connection, action_id)
    if hold is None:
        return
    account = users.lock(connection, hold.user_id)
    filing.withdraw(connection, hold.user_id, action_id, at)
    lifted = store.freezing(connection, hold.user_id, in_effect=False)
    in_effect = store.freezing(connection, hold.user_id, in_effect=True)
    if account is not None and is_to_thaw(account.state, account.freeze_reason, lifted, in_effect):
        thawed = users.change(connection, account.id, following(ACTIVE, ""), at)
        outbox.append(connection, [_changed(connection, thawed)], at)


def _changed(connection: Connection, account: "Row[Any]") -> outbox.Fact:
    return user_messages.changed(account, roles.codes(connection, account.id))
