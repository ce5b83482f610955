"""Keeps the parameters."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from gateway.identity.parameters.tables import parameters


def read(connection: Connection) -> "Row[Any]":
    return connection.execute(select(parameters)).one()


def lock(connection: Connection) -> "Row[Any]":
    """Return the parameters, which nobody else changes until we commit."""
    return connection.execute(select(parameters).with_for_update()).one()


def change(connection: Connection, values: dict[str, Any], at: datetime) -> "Row[Any]":
    changed = {**values, "version": parameters.c.version + 1, "updated_at": at}
    return connection.execute(update(parameters).values(changed).returning(parameters)).one()
