"""R077: who keeps the accounts of a unit is told each week how many of its people have not bound WeChat."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from chassis.calendar import local_date, week_of
from chassis.clock import Clock
from chassis.database import Database
from chassis.outbox import Fact
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from chassis import notices, outbox
from gateway.identity.org_units.store import OwnTree
from gateway.identity.roles.builtin import ROLES
from gateway.identity.roles.rules import Holding, covered
from gateway.identity.roles.tables import role_assignments
from gateway.identity.users.rules import ACTIVE
from gateway.identity.users.tables import unbound_reviews, users

KEEPS_ACCOUNTS = "accountChanges.file"
_KEEPERS = [code for code, role in ROLES.items() if covered(KEEPS_ACCOUNTS, role.permissions)]


class UnboundReview:
    """The sweep. It looks often, and does the week's work once: whoever writes the week's row does it."""

    def __init__(self, database: Database, clock: Clock, tree: OwnTree) -> None:
        self._database = database
        self._clock = clock
        self._tree = tree

    def __call__(self) -> None:
        now = self._clock.now()
        week = week_of(local_date(now))
        with self._database.begin() as connection:
            if _begin(connection, week, now):
                outbox.append(connection, list(self._notices(connection, week)), now)

    def _notices(self, connection: Connection, week: date) -> Iterator[Fact]:
        unbound = _unbound_by_unit(connection)
        for user_id, holdings in _keepers(connection).items():
            count = self._count(unbound, holdings)
            if count:
                yield notices.raised(
                    "identity",
                    "users.unbound",
                    recipients=[user_id],
                    parameters={"count": count},
                    resource="users",
                    dedupe_key=f"users.unbound:{week}:{user_id}",
                )

    def _count(self, unbound: "Counter[str]", holdings: Iterable[Holding]) -> int:
        """Return how many of the unbound the holdings reach; reaching them twice counts once."""
        reached: set[str] = set()
        for holding in holdings:
            match holding.scope:
                case "ALL":
                    return unbound.total()
                case "SUBTREE":
                    reached |= self._tree.subtree(holding.unit_id)
                case "UNIT":
                    reached.add(holding.unit_id)
        return sum(unbound[unit_id] for unit_id in reached)


def _begin(connection: Connection, week: date, now: datetime) -> bool:
    """Write down that the week is looked at. Returns False when it has been."""
    statement = insert(unbound_reviews).values(week_start_date=week, reviewed_at=now)
    begun = statement.on_conflict_do_nothing().returning(unbound_reviews.c.week_start_date)
    return connection.execute(begun).first() is not None


def _unbound_by_unit(connection: Connection) -> "Counter[str]":
    query = select(users.c.unit_id, func.count()).where(
        users.c.wechat_bound_at.is_(None), users.c.state == ACTIVE
    )
    return Counter({row[0]: row[1] for row in connection.execute(query.group_by(users.c.unit_id))})


def _keepers(connection: Connection) -> dict[str, list[Holding]]:
    """Return who keeps accounts, and where."""
    columns = role_assignments.c
    query = (
        select(columns.user_id, columns.unit_id, columns.scope)
        .join(users, users.c.id == columns.user_id)
        .where(columns.role_code.in_(_KEEPERS), users.c.state == ACTIVE)
        .order_by(columns.user_id)
    )
    found: dict[str, list[Holding]] = {}
    for row in connection.execute(query):
        holding = Holding(frozenset({KEEPS_ACCOUNTS}), row.unit_id, row.scope)
        found.setdefault(row.user_id, []).append(holding)
    return found
