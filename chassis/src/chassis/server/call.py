"""What a servicer's method knows about the call that it answers."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import psycopg
from sqlalchemy import Connection

from chassis.access import Caller, RowScope, UnitTree
from chassis.database import Database
from chassis.database.connections import driver, run
from chassis.database.writes import Write, together
from chassis.errors import EtagMismatch, Language, language_of
from chassis.etags import matches
from chassis.outbox import Fact


class Call:
    """One call, from its verified caller to its transaction.

    Attributes:
        now: the business instant of the call; every rule of the call sees this one.
        metadata: the request's metadata as text.
        language: what the caller reads.
        facts: what the transaction publishes.
        writes: what is written with the commit.
        actor: who called, for the audit trail: a person with their unit, a client, or nobody known.
    """

    def __init__(
        self,
        *,
        caller: Caller | None,
        permission: str,
        tree: UnitTree,
        database: Database,
        now: datetime,
        metadata: dict[str, str],
        reads: bool,
    ) -> None:
        self._caller = caller
        self._permission = permission
        self._tree = tree
        self._database = database
        self._reads = reads
        self._stack = ExitStack()
        self.now = now
        self.metadata = metadata
        self.language: Language = language_of(metadata.get("accept-language", ""))
        self.facts: list[Fact] = []
        self.writes: list[Write] = []
        self._afterwards: list[Callable[[], None]] = []
        self.resource = ""
        self.changed_fields: Sequence[str] = ()
        self.actor = (caller.subject, caller.unit_id) if caller else ("", "")

    def __enter__(self) -> Self:
        self._stack.__enter__()
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or roll back after an error."""
        self._stack.__exit__(type_, error, trace)
        if error is None:
            for action in self._afterwards:
                action()

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
        """The call's transaction, or for a method that reads, a connection without one.

        It is opened by the first look at it: a method asks other services, and does slow sums such as a
        password hash, before it looks, so that no transaction is held meanwhile.
        """
        opened = self._database.reading() if self._reads else self._database.begin()
        return self._stack.enter_context(opened)

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

    def write(self, write: Write) -> None:
        """Write with the commit, in the same round trip. Nothing of the call sees it before."""
        self.writes.append(write)

    def finish(self, *writes: Write) -> None:
        """Send what is left to write: into the transaction if one was opened, else as one of its own."""
        write = together([*self.writes, *writes])
        if "connection" in self.__dict__:
            run(driver(self.connection), write)
        else:
            self._database.write(write)

    def publish(self, fact: Fact) -> None:
        """Write the fact into the outbox when the transaction commits."""
        self.facts.append(fact)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do something when the transaction has committed and before the caller hears of it.

        A crash in between loses it: somebody must notice and do it later. It must not raise.
        """
        self._afterwards.append(action)

    def acted(self, subject: str, unit_id: str = "") -> None:
        """Say for the audit trail who a public method turned out to be called by: who signed in."""
        self.actor = (subject, unit_id)

    def changed(self, resource: str, fields: Sequence[str] = ()) -> None:
        """Say for the audit trail what the call wrote: `customers/<id>` and the names of changed fields."""
        self.resource = resource
        self.changed_fields = tuple(fields)
