"""The names under which the things of a service are found."""

from collections.abc import Iterable, Sequence
from typing import Any

from alembic import op
from sqlalchemy import Column, ColumnElement, Connection, MetaData, Row, Select, Table, Text, func, select
from sqlalchemy.dialects.postgresql import ARRAY, UUID, insert

from chassis.database.connections import unprepared
from chassis.search.grams import grams_of, is_exact, query_grams
from chassis.search.names import Query, read

metadata = MetaData()

search_entries = Table(
    "search_entries",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("text", Text(collation="C"), nullable=False),
    Column("grams", ARRAY(Text), nullable=False),
)
# No index begins with the kind: the planner would read one from end to end instead of looking up a gram. With
# fewer statistics it takes a rare gram for a common one.
_TABLE = """
CREATE TABLE search_entries (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    text text COLLATE "C" NOT NULL,
    grams text[] NOT NULL
);
CREATE INDEX search_entries_grams ON search_entries USING gin (grams);
ALTER TABLE search_entries ALTER COLUMN grams SET STATISTICS 1000;
"""
_WHOLE = "\n"  # before a name as one gram; a query holds no blanks
_BATCH = 1000
_columns = search_entries.c


def create_search_table() -> None:
    """Create the table, in a migration."""
    op.execute(_TABLE)


def write(connection: Connection, kind: str, id_: str, *names: str) -> None:
    """Keep the names of a thing instead of those it had; empty ones are passed over."""
    write_all(connection, kind, [(id_, names)])


def write_all(connection: Connection, kind: str, named: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Keep the names of many things."""
    statement = insert(search_entries)
    renewed = {name: statement.excluded[name] for name in ("text", "grams")}
    rows = [{"kind": kind, "id": id_, **_indexed(names)} for id_, names in named]
    for start in range(0, len(rows), _BATCH):
        connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_=renewed),
            rows[start : start + _BATCH],
        )


def best(
    connection: Connection,
    things: "Select[Any]",
    id_: ColumnElement[str],
    *,
    kind: str,
    query: Query,
    limit: int,
) -> Sequence["Row[Any]"]:
    """Return things that the query finds: those that are called so first, then those with it in a name.

    Args:
        connection: where they are.
        things: selects those that the caller may see; its first column tells them apart.
        id_: their id in the entries.
        kind: what they are there.
        query: what is looked for.
        limit: most to return.
    """
    found: dict[object, Row[Any]] = {}
    for condition in (_columns.grams.contains([_WHOLE + query.key]), _has_part(query)):
        ids = select(_columns.id).where(_columns.kind == kind, condition)
        with unprepared(connection):
            rows = connection.execute(things.where(id_.in_(ids)).limit(limit)).all()
        for row in rows:
            found.setdefault(row[0], row)
    return list(found.values())[:limit]


def _has_part(query: Query) -> ColumnElement[bool]:
    candidates = _columns.grams.contains(query_grams(query.key))
    return candidates if is_exact(query.key) else candidates & (func.strpos(_columns.text, query.key) > 0)


def _indexed(names: Sequence[str]) -> dict[str, object]:
    readings = [read(name) for name in names if name]
    grams = {gram for reading in readings for gram in (_WHOLE + reading.key, *grams_of(reading))}
    return {"text": "\n".join(reading.text for reading in readings), "grams": sorted(grams)}
