"""Customers follow their owner to another unit; what was done with them stays where it was done."""

from sqlalchemy import Connection

from chassis import outbox
from customer.customers import events, store
from directory import Move


def follow(connection: Connection, move: Move) -> None:
    """Take the customers of a person who moves along."""
    moved = store.take_along(connection, move)
    outbox.append(connection, [events.updated(row) for row in moved], move.at)
