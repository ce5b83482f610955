"""`ops`: what an operator can see and do with nothing but the service's database."""

import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import text

from chassis.database import Database

USAGE = """usage: ops lag | leases | dead-letters | replay CONSUMER SOURCE POSITION | pause CONSUMER SOURCE
       | resume CONSUMER SOURCE
"""

_QUERIES = {
    "lag": (
        "SELECT 'outbox' AS what, count(*) FILTER (WHERE position IS NULL) AS waiting,"
        " coalesce(max(position), 0) AS position, NULL AS caught_up_at, false AS paused FROM outbox"
        " UNION ALL SELECT consumer || ' <- ' || source, NULL, position, caught_up_at, paused"
        " FROM consumer_positions"
    ),
    "leases": "SELECT name, holder, expires_at FROM leases ORDER BY name",
    "dead-letters": (
        "SELECT consumer, source, position, parked_at, error FROM dead_letters ORDER BY parked_at"
    ),
}
_PAUSE = text(
    "UPDATE consumer_positions SET paused = :paused WHERE consumer = :consumer AND source = :source"
    " RETURNING true"
)
_REPLAY = text(
    "UPDATE dead_letters SET replay_requested = true"
    " WHERE consumer = :consumer AND source = :source AND position = :position RETURNING true"
)


def run_ops(
    database: Database,
    arguments: Sequence[str],
    own: Mapping[str, Callable[[Database], int]] = MappingProxyType({}),
) -> int:
    """Run one `ops` command, which may be one of the service's own. Returns the exit code."""
    match arguments:
        case ["lag" | "leases" | "dead-letters" as name]:
            return _show(database, _QUERIES[name])
        case ["pause" | "resume" as verb, consumer, source]:
            values = {"consumer": consumer, "source": source, "paused": verb == "pause"}
            return _change(database, _PAUSE, values)
        case ["replay", consumer, source, position] if position.isdecimal():
            values = {"consumer": consumer, "source": source, "position": int(position)}
            return _change(database, _REPLAY, values)
        case [name] if name in own:
            return own[name](database)
        case _:
            sys.stderr.write(USAGE + "".join(f"       | {name}\n" for name in own))
            return 2


def _show(database: Database, query: str) -> int:
    with database.reading() as connection:
        result = connection.exec_driver_sql(query)
        sys.stdout.write("\t".join(result.keys()) + "\n")
        for row in result:
            sys.stdout.write("\t".join("" if value is None else str(value) for value in row) + "\n")
    return 0


def _change(database: Database, statement: Any, values: dict[str, object]) -> int:
    with database.begin() as connection:
        if connection.execute(statement, values).scalar() is None:
            sys.stderr.write("no such consumer or event\n")
            return 1
    return 0
