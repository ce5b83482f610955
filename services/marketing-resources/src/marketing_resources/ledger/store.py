"""Writes and reads the ledger."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.access import RowScope
from chassis.identifiers import new_id
from chassis.pagination import Page
from journeyman.marketing.v1 import ledger_pb2
from sqlalchemy import Connection, Row, bindparam, insert, literal, null, select, update

from marketing_resources.budgets.tables import budgets
from marketing_resources.ledger.rules import Balances, Movement, Standing, demand_available
from marketing_resources.ledger.tables import ledger_entries, ledger_seals, ledger_unsealed

_columns = ledger_entries.c
_WITH_SEALS = select(ledger_entries, ledger_seals.c.position, ledger_seals.c.hash).outerjoin(
    ledger_seals, ledger_seals.c.entry_id == _columns.id
)
_BALANCES = ("available", "reserved", "committed", "paid")
# The key is left free: who writes items that refer to budgets neither waits for a posting nor, with the items
# in another order, stands with it in a circle.
_LOCK = select(budgets).order_by(budgets.c.id).with_for_update(key_share=True)
_MOVE = (
    update(budgets)
    .where(budgets.c.id == bindparam("budget_id"))
    .values({name: bindparam(f"new_{name}") for name in (*_BALANCES, "sequence", "updated_at")})
)


def post(
    connection: Connection, movements: Sequence[Movement], *, subject: str, at: datetime
) -> Sequence[str]:
    """Move money and enter it, all or nothing. Returns the ids of the budgets that changed.

    The budgets are locked in the order of their ids, so that callers who want several of the same never wait
    for each other in a circle; for that a transaction posts once.

    Raises BudgetExceeded.
    """
    ids = sorted({movement.budget_id for movement in movements})
    locked = {row.id: row for row in connection.execute(_LOCK.where(budgets.c.id.in_(ids)))}
    standings = {row.id: _standing(row) for row in locked.values()}
    demand_available(standings, movements)
    entries = []
    for movement in movements:
        standing = standings[movement.budget_id].after(movement)
        standings[movement.budget_id] = standing
        unit_id = locked[movement.budget_id].unit_id
        entries.append(_entry(movement, standing, unit_id) | {"subject": subject, "entered_at": at})
    connection.execute(_MOVE, [_moved(budget_id, standings[budget_id], at) for budget_id in ids])
    connection.execute(insert(ledger_entries), entries)
    connection.execute(insert(ledger_unsealed), [{"entry_id": entry["id"]} for entry in entries])
    return ids


def read_page(
    connection: Connection, request: ledger_pb2.ListLedgerEntriesRequest, page: Page, scope: RowScope
) -> Sequence[Row[Any]]:
    """Return the rows of a page and one more, newest first. Raises InvalidFields for a foreign token."""
    query = _WITH_SEALS.where(scope.clause(_columns.unit_id, null()))
    if request.budget_id:
        query = query.where(_columns.budget_id == request.budget_id)
    if request.spend_plan_id:
        query = query.where(_columns.spend_plan_id == request.spend_plan_id)
    if key := page.key(uuid.UUID):
        query = query.where(_columns.id < literal(str(key[0]), _columns.id.type))
    return connection.execute(query.order_by(_columns.id.desc()).limit(page.size + 1)).all()


def _standing(row: Row[Any]) -> Standing:
    balances = Balances(*(getattr(row, name) for name in _BALANCES))
    return Standing(row.sequence, balances, row.currency)


def _entry(movement: Movement, standing: Standing, unit_id: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "budget_id": movement.budget_id,
        "sequence": standing.sequence,
        "unit_id": unit_id,
        "kind": movement.kind,
        "amount": movement.amount,
        "currency": standing.currency,
        "spend_plan_id": movement.spend_plan_id,
        "spend_plan_item_id": movement.spend_plan_item_id,
        **{name: getattr(standing.balances, name) for name in _BALANCES},
    }


def _moved(budget_id: str, standing: Standing, at: datetime) -> dict[str, Any]:
    balances = {f"new_{name}": getattr(standing.balances, name) for name in _BALANCES}
    return {"budget_id": budget_id, "new_sequence": standing.sequence, "new_updated_at": at, **balances}
