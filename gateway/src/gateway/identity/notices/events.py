"""Puts what any service raises into inboxes, and to the endpoints of webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from chassis.clock import Clock
from chassis.events import Received
from chassis.identifiers import new_id
from journeyman.notices.v1.events_pb2 import NoticeRaised
from prometheus_client import Counter
from sqlalchemy import Connection

from gateway.identity.notices import preferences, store, wording
from gateway.identity.notices.recipients import recipients
from gateway.identity.notices.rules import KEPT, Preferences, group_of, key_digest

CONSUMER = "notices"


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as a service raised it, fit to be stored, and whom it is for."""

    source: str
    dedupe_key: str
    template: str
    resource: str
    parameters: dict[str, str] = field(repr=False)
    readers: frozenset[str]


class AlsoTell(Protocol):
    """Whoever is told besides people, in the same transaction."""

    def __call__(self, connection: Connection, told: Sequence[Told], at: datetime) -> None:
        """Owe what is new."""


class TellPeople:
    """Applies a batch of any service's notices; what was told before is not told again."""

    def __init__(self, clock: Clock, counter: Counter, also: AlsoTell, *, mails: bool) -> None:
        self._clock = clock
        self._counter = counter
        self._also = also
        self._mails = mails

    def __call__(self, connection: Connection, received: Sequence[Received[NoticeRaised]]) -> None:
        at = self._clock.now()
        told = [
            _read(connection, each.event.source, each.data)
            for each in received
            if each.event.time.ToDatetime(UTC) > at - KEPT
        ]
        if told:
            self._tell(connection, told, at)
            self._also(connection, told, at)

    def _tell(self, connection: Connection, told: Sequence[Told], at: datetime) -> None:
        wanted = {
            key_digest(each.source, each.dedupe_key, user_id): (each, user_id)
            for each in told
            for user_id in sorted(each.readers)
        }
        new = store.remember(connection, wanted.keys(), at)
        rows = self._rows(connection, [wanted[digest] for digest in wanted if digest in new], at)
        store.add(connection, rows)
        self._counter.labels("inbox", "told").inc(len(rows))
        self._counter.labels("inbox", "duplicate").inc(sum(len(each.readers) for each in told) - len(rows))

    def _rows(
        self, connection: Connection, new: Sequence[tuple[Told, str]], at: datetime
    ) -> list[dict[str, Any]]:
        liked = preferences.of(connection, {user_id for _, user_id in new}) if self._mails else {}
        return [_row(each, user_id, at, _mail_at(each, liked.get(user_id), at)) for each, user_id in new]


def _read(connection: Connection, source: str, notice: NoticeRaised) -> Told:
    return Told(
        source=source,
        dedupe_key=notice.dedupe_key,
        template=_storable(notice.template),
        resource=_storable(notice.resource),
        parameters={_storable(name): _storable(value) for name, value in notice.parameters.items()},
        readers=recipients(connection, notice),
    )


def _mail_at(told: Told, liked: Preferences | None, at: datetime) -> datetime | None:
    if liked is None:
        return None
    urgent, protects = wording.urgent(told.template), wording.protects(told.template)
    return liked.mail_at(group_of(told.template), at, urgent=urgent, protects=protects)


def _row(told: Told, user_id: str, at: datetime, mail_at: datetime | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "user_id": user_id,
        "template": told.template,
        "parameters": told.parameters,
        "resource": told.resource,
        "created_at": at,
        "mail_at": mail_at,
    }


def _storable(value: str) -> str:
    return value.replace("\0", "")
