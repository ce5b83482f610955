"""The tree of the local copy, asked inside a transaction: for handlers of events and calls that write."""

from sqlalchemy import Connection, text

_SECTION = text(
    "WITH RECURSIVE above (id, parent_id, kind, closed, depth) AS ("
    " SELECT id, parent_id, kind, closed, 0 FROM directory_units WHERE id = :unit_id"
    " UNION ALL SELECT u.id, u.parent_id, u.kind, u.closed, depth + 1 FROM directory_units u"
    " JOIN above ON above.parent_id = u.id WHERE depth < 100)"  # the copy may hold a cycle for a moment
    " SELECT id::text FROM above WHERE kind = 'SECTION' AND NOT closed ORDER BY depth LIMIT 1"
)
_OPEN = text(
    "WITH RECURSIVE above (id, parent_id, closed, depth) AS ("
    " SELECT id, parent_id, closed, 0 FROM directory_units WHERE id = :unit_id"
    " UNION ALL SELECT u.id, u.parent_id, u.closed, depth + 1 FROM directory_units u"
    " JOIN above ON above.parent_id = u.id WHERE above.closed AND depth < 100)"
    " SELECT id::text FROM above WHERE NOT closed LIMIT 1"
)


def section_of(connection: Connection, unit_id: str) -> str:
    """Return the section of a unit: the nearest that works (R159), or an empty string where there is none."""
    return connection.execute(_SECTION, {"unit_id": unit_id}).scalar() or ""


def open_unit(connection: Connection, unit_id: str) -> str:
    """Return the unit that goes on for a closed one; a unit that works, or is not known, is its own."""
    return connection.execute(_OPEN, {"unit_id": unit_id}).scalar() or unit_id
