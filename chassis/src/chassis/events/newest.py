"""Copies of another service's state: the newest version of each row wins, in whatever order events come."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import insert


def store_newer(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows that are new or whose `version` is newer than the one there, by `id`."""
    if not rows:
        return
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    newer = table.c.version < statement.excluded.version
    connection.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_=changed, where=newer), list(rows)
    )
