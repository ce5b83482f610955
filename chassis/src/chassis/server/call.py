"""What a servicer's method knows about the call that it answers."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from typing import Any

import psycopg
from sqlalchemy import Connection

from chassis.access import Caller, RowScope, UnitTree
from chassis.database import Database
from chassis.errors import EtagMismatch, Language
from chassis.etags import matches
from chassis.outbox import Fact


class Call:
    """One call, from its verified caller to its transaction.

    Attributes:
        caller: who calls; None for public methods only.
        now: the business instant of the call; every rule of the call sees this one.
        connection: for a method that writes, the call's transaction; for one that reads, none is open.
    """

    def __init__(
        self,
        *,
        method: str,
        caller: Caller | None,
        permission: str,
        tree: UnitTree,
        database: Database,
        now: datetime,
        metadata: dict[str, str],
        language: Language,
        writing: Connection | None,
    ) -> None:
        self.method = method
        self._caller = caller
        self._permission = permission
        self._tree = tree
        self._database = database
        self.now = now
        self.metadata = metadata
        self.language = language
        self._writing = writing
        self._stack = ExitStack()
        self.facts: list[Fact] = []
        self.resource = ""
        self.changed_fields: Sequence[str] = ()

    @property
    def caller(self) -> Caller:
        """The verified caller. A public method has none and must not ask."""
        if self._caller is None:
            message = "a public method has no caller"
            raise RuntimeError(message)
        return self._caller

    @cached_property
    def scope(self) -> RowScope:
        """The rows that the method's permission reaches for this caller."""
        return self.caller.reach(self._permission, self._tree)

    def reach(self, permission: str) -> RowScope:
        """Return the rows that another permission reaches for this caller."""
        return self.caller.reach(permission, self._tree)

    @cached_property
    def connection(self) -> Connection:
        if self._writing is not None:
            return self._writing
        return self._stack.enter_context(self._database.reading())

    @property
    def raw(self) -> "psycopg.Connection[Any]":
        """The thread's prepared psycopg connection, for the hottest reads; never part of the transaction."""
        return self._database.raw()

    @property
    def request_id(self) -> str:
        return self.metadata.get("x-request-id", "")

    def demand_etag(self, given: str, version: int) -> None:
        """Raise EtagMismatch unless the etag in the message and If-Match, where given, name this version."""
        for tag in (given, self.metadata.get("if-match", "")):
            if tag and tag != "*" and not matches(tag, version):
                raise EtagMismatch

    def publish(self, fact: Fact) -> None:
        """Write the fact into the outbox when the transaction commits."""
        self.facts.append(fact)

    def changed(self, resource: str, fields: Sequence[str] = ()) -> None:
        """Say for the audit trail what the call wrote: `customers/<id>` and the names of changed fields."""
        self.resource = resource
        self.changed_fields = tuple(fields)

    def close(self) -> None:
        self._stack.close()
