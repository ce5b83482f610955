"""Customers follow their owner, the unit that goes on, or a successor; what was done with them stays.

R159: nothing crosses sections by a move or a hand-over: what would waits for group marketing, as a
distribution.
"""

from collections.abc import Mapping
from datetime import datetime

from directory.tree import section_of
from sqlalchemy import Connection

from chassis import outbox
from customer.customers import events
from customer.customers import store as customers
from customer.distributions import messages, store
from customer.distributions.rules import MOST_CUSTOMERS, Cause
from directory import Followers, HandOver, Merge, Move


def follow(connection: Connection, move: Move) -> None:
    """Take the customers of a person who moves along, within the section."""
    section = section_of(connection, move.from_unit_id)
    if section == section_of(connection, move.to_unit_id):
        moved = customers.take_along(connection, move)
        outbox.append(connection, [events.updated(row) for row in moved], move.at)
    else:
        left = customers.owned(connection, move.user_id).get(move.from_unit_id, ())
        owners = dict.fromkeys(left, move.user_id)
        _file(connection, Cause.OWNER_MOVED, move.from_unit_id, owners, move.at)


def merge(connection: Connection, merged: Merge) -> None:
    """Give what belongs to a unit to the one that goes on, whoever owns it."""
    moved = customers.give_unit(connection, merged.unit_id, merged.into_unit_id, merged.at)
    store.give_open(connection, merged.unit_id, merged.into_unit_id)
    outbox.append(connection, [events.updated(row) for row in moved], merged.at)


def hand_over(connection: Connection, handed: HandOver) -> None:
    """Give the customers of a person to the successor, within the section."""
    section = section_of(connection, handed.to_unit_id)
    given: list[str] = []
    for unit_id, customer_ids in customers.owned(connection, handed.from_user_id).items():
        if section_of(connection, unit_id) == section:
            given += customer_ids
        else:
            owners = dict.fromkeys(customer_ids, handed.from_user_id)
            _file(connection, Cause.HANDED_OVER, unit_id, owners, handed.at)
    moved = customers.give(connection, given, handed.to_user_id, handed.to_unit_id, handed.at)
    outbox.append(connection, [events.updated(row) for row in moved], handed.at)


FOLLOWERS = Followers(move=follow, merge=merge, hand_over=hand_over)


def _file(
    connection: Connection, cause: Cause, unit_id: str, owners: Mapping[str, str], at: datetime
) -> None:
    """File distributions that nobody asked for, of customers with their owners."""
    section = section_of(connection, unit_id)
    facts = []
    filed = list(owners.items())
    for start in range(0, len(filed), MOST_CUSTOMERS):
        batch = dict(filed[start : start + MOST_CUSTOMERS])
        values = {"unit_id": unit_id, "section_id": section, "reason": cause}
        row = store.add(connection, values, batch, at)
        facts.append(messages.filed(row, len(batch)))
    outbox.append(connection, facts, at)
