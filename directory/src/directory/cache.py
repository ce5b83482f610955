"""The organisation in memory: subtree and path of a unit, unit of a user."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import grpc
from chassis.database import Database
from chassis.errors import Unavailable
from journeyman.identity.v1 import org_units_pb2, org_units_pb2_grpc, users_pb2, users_pb2_grpc
from sqlalchemy import select

from directory.tables import units, users

FRESH_SECONDS = 0.5
READ_THROUGH_SECONDS = 0.3


class UnknownUnit(Exception):
    """Identity has no such unit."""


class UnitClosed(Exception):
    """The unit was merged into another: it takes nothing any more."""


class UnknownUser(Exception):
    """Identity has no such user."""


@dataclass(frozen=True, slots=True)
class Member:
    """A user as far as other services need to know: the unit, and whether the account is active."""

    unit_id: str
    active: bool


class Source(Protocol):
    """Identity, asked about what the copy has not heard of yet."""

    def unit_parent(self, unit_id: str) -> str:
        """Return the parent's id, or an empty string. Raises UnknownUnit, Unavailable."""

    def member(self, user_id: str) -> Member:
        """Return the user. Raises UnknownUser, Unavailable."""


class Identity:
    """Asks identity over gRPC, for at most 300 ms."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._units = org_units_pb2_grpc.OrgUnitServiceStub(channel)
        self._users = users_pb2_grpc.UserServiceStub(channel)

    def unit_parent(self, unit_id: str) -> str:
        try:
            request = org_units_pb2.GetOrgUnitRequest(org_unit_id=unit_id)
            return self._units.GetOrgUnit(request, timeout=READ_THROUGH_SECONDS).parent_id
        except grpc.RpcError as error:
            raise _meaning(error, UnknownUnit) from None

    def member(self, user_id: str) -> Member:
        try:
            request = users_pb2.GetUserRequest(user_id=user_id)
            user = self._users.GetUser(request, timeout=READ_THROUGH_SECONDS)
        except grpc.RpcError as error:
            raise _meaning(error, UnknownUser) from None
        return Member(user.unit_id, user.state == users_pb2.User.STATE_ACTIVE)


def _meaning(error: grpc.RpcError, unknown: type[Exception]) -> Exception:
    code = error.code() if isinstance(error, grpc.Call) else None
    return unknown() if code is grpc.StatusCode.NOT_FOUND else Unavailable()


class Directory:
    """The organisation as this service knows it, reread from its own tables every half second.

    A unit or user that the copy does not know is asked for at identity, so that a client can use at once what
    it has just created.
    """

    def __init__(self, database: Database, source: Source) -> None:
        self._database = database
        self._source = source
        self._lock = threading.Lock()
        self._read_at = -FRESH_SECONDS
        self._parents: Mapping[str, str | None] = {}
        self._subtrees: Mapping[str, frozenset[str]] = {}
        self._closed: frozenset[str] = frozenset()

    def subtree(self, unit_id: str) -> frozenset[str]:
        """Return the unit and every unit below it; a unit nobody knows stands alone."""
        self._refresh()
        return self._subtrees.get(unit_id) or frozenset({unit_id})

    def path(self, unit_id: str) -> Sequence[str]:
        """Return the unit, its parent, and so on up to the root. Raises UnknownUnit, Unavailable.

        The copy may hold a cycle while one of two moves is parked: the path ends where it closes.
        """
        self._refresh()
        path = [unit_id]
        while (parent := self._parent(path[-1])) and parent not in path:
            path.append(parent)
        return path

    def demand_unit(self, unit_id: str) -> None:
        """Raise UnknownUnit unless the unit exists, UnitClosed for one that was merged into another.

        Raises Unavailable when it cannot be known now whether it exists.
        """
        self.demand_open(unit_id)
        self._parent(unit_id)

    def demand_open(self, unit_id: str) -> None:
        """Raise UnitClosed for a unit that was merged into another, as far as the copy has heard."""
        self._refresh()
        if unit_id in self._closed:
            raise UnitClosed

    def member(self, user_id: str) -> Member:
        """Return the unit and the state of a user. Raises UnknownUser, Unavailable."""
        query = select(users.c.unit_id, users.c.active).where(users.c.id == user_id)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return Member(row.unit_id, row.active) if row else self._source.member(user_id)

    def newest_member(self, user_id: str) -> Member:
        """Return the user as identity knows them now. Raises UnknownUser, Unavailable.

        Ask before somebody is refused for the unit that the copy names: they may have moved a moment ago. And
        a refusal takes as long for a user who exists as for one who does not.
        """
        return self._source.member(user_id)

    def _parent(self, unit_id: str) -> str | None:
        if unit_id in self._parents:
            return self._parents[unit_id]
        return self._source.unit_parent(unit_id) or None

    def _refresh(self) -> None:
        if time.monotonic() - self._read_at < FRESH_SECONDS:
            return
        with self._lock:
            if time.monotonic() - self._read_at < FRESH_SECONDS:
                return
            with self._database.reading() as connection:
                rows = connection.execute(select(units.c.id, units.c.parent_id, units.c.closed)).all()
            parents = {row.id: row.parent_id for row in rows}
            if parents != self._parents:
                self._parents, self._subtrees = parents, _subtrees(parents)
            self._closed = frozenset(row.id for row in rows if row.closed)
            self._read_at = time.monotonic()


def _subtrees(parents: Mapping[str, str | None]) -> Mapping[str, frozenset[str]]:
    below: dict[str, set[str]] = {unit: {unit} for unit in parents}
    for unit in parents:
        seen = {unit}
        above = parents[unit]
        while above is not None and above not in seen:
            below.setdefault(above, {above}).add(unit)
            seen.add(above)
            above = parents.get(above)
    return {unit: frozenset(members) for unit, members in below.items()}
