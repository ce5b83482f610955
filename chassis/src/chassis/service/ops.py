"""`ops`: what an operator can see and do with nothing but the service's database."""

import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import text

from chassis.database import Database

USAGE = """usage: ops lag | leases | dead-letters | replay CONSUMER SOURCE POSITION | pause CONSUMER SOURCE
       | resume CONSUMER SOURCE | new-epoch | reread CONSUMER SOURCE
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
_CONSUMER = (
    "UPDATE consumer_positions SET {change} WHERE consumer = :consumer AND source = :source RETURNING true"
)
_CONSUMERS = {
    "pause": text(_CONSUMER.format(change="paused = true")),
    "resume": text(_CONSUMER.format(change="paused = false")),
    "reread": text(_CONSUMER.format(change="epoch = '', position = 0")),
}
_REPLAY = text(
    "UPDATE dead_letters SET replay_requested = true"
    " WHERE consumer = :consumer AND source = :source AND position = :position RETURNING true"
)
# A producer that was restored gives positions a second time, to other events.
_NEW_EPOCH = text("UPDATE outbox_head SET epoch = gen_random_uuid() RETURNING epoch::text")


def run_ops(
    database: Database,
    arguments: Sequence[str],
    own: Mapping[str, Callable[[Database], int]] = MappingProxyType({}),
) -> int:
    """Run one `ops` command, which may be one of the service's own. Returns the exit code."""
    match arguments:
        case ["lag" | "leases" | "dead-letters" as name]:
            return _show(database, _QUERIES[name])
        case ["pause" | "resume" | "reread" as verb, consumer, source]:
            return _change(database, _CONSUMERS[verb], {"consumer": consumer, "source": source})
        case ["replay", consumer, source, position] if position.isdecimal():
            values = {"consumer": consumer, "source": source, "position": int(position)}
            return _change(database, _REPLAY, values)
        case [name] if name in (commands := {"new-epoch": _begin_epoch, **own}):
            return commands[name](database)
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


def _begin_epoch(database: Database) -> int:
    """Have every consumer of this service stop until its operator says what it shall do."""
    with database.begin() as connection:
        sys.stdout.write(f"{connection.execute(_NEW_EPOCH).scalar_one()}\n")
    return 0


def _change(database: Database, statement: Any, values: dict[str, object]) -> int:
    with database.begin() as connection:
        if connection.execute(statement, values).scalar() is None:
            sys.stderr.write("no such consumer or event\n")
            return 1
    return 0
