"""Moves money inside a call: the entries, and what the others hear of it."""

from collections.abc import Sequence

from chassis.server import Call

from marketing_resources.budgets import events
from marketing_resources.budgets.store import with_funds
from marketing_resources.ledger.rules import Movement
from marketing_resources.ledger.store import post


def move(call: Call, movements: Sequence[Movement]) -> None:
    """Post the movements in the call's transaction and publish the budgets that changed. Once in a call.

    Raises BudgetExceeded, and nothing has been written.
    """
    changed = post(call.connection, movements, subject=call.caller.subject, at=call.now)
    for budget in with_funds(call.connection, changed):
        call.publish(events.changed(budget))
