"""Puts what any service raises into inboxes, and to the endpoints of webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

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
class Raised:
    """A notice as a service raised it, fit to be stored."""

    source: str
    dedupe_key: str
    template: str
    resource: str
    parameters: dict[str, str] = field(repr=False)

    @classmethod
    def read(cls, received: Received, notice: NoticeRaised) -> "Raised":
        parameters = {name: _storable(value) for name, value in notice.parameters.items()}
        return cls(
            source=received.event.source,
            dedupe_key=notice.dedupe_key,
            template=_storable(notice.template),
            resource=_storable(notice.resource),
            parameters=parameters,
        )


_Told = tuple[Raised, NoticeRaised]


class TellPeople:
    """Applies a batch of any service's events; what was told before is not told again."""

    def __init__(self, clock: Clock, counter: Counter, *, mails: bool) -> None:
        self._clock = clock
        self._counter = counter
        self._mails = mails

    def __call__(self, connection: Connection, received: Sequence[Received]) -> None:
        at = self._clock.now()
        told = [
            (Raised.read(each, each.data), each.data)
            for each in received
            if isinstance(each.data, NoticeRaised) and each.event.time.ToDatetime(UTC) > at - KEPT
        ]
        if told:
            self._tell(connection, told, at)

    def _tell(self, connection: Connection, told: Sequence[_Told], at: datetime) -> None:
        wanted = {
            key_digest(raised.source, raised.dedupe_key, user_id): (raised, user_id)
            for raised, notice in told
            for user_id in sorted(recipients(connection, notice))
        }
        new = store.remember(connection, wanted.keys(), at)
        rows = self._rows(connection, [wanted[digest] for digest in wanted if digest in new], at)
        store.add(connection, rows)
        self._counter.labels("inbox", "told").inc(len(rows))
        self._counter.labels("inbox", "duplicate").inc(len(wanted) - len(new))

    def _rows(
        self, connection: Connection, new: Sequence[tuple[Raised, str]], at: datetime
    ) -> list[dict[str, Any]]:
        liked = preferences.of(connection, {user_id for _, user_id in new}) if self._mails else {}
        return [
            _row(raised, user_id, at, _mail_at(raised, liked.get(user_id), at)) for raised, user_id in new
        ]


def _mail_at(raised: Raised, liked: Preferences | None, at: datetime) -> datetime | None:
    if liked is None:
        return None
    return liked.mail_at(group_of(raised.template), at, urgent=wording.urgent(raised.template))


def _row(raised: Raised, user_id: str, at: datetime, mail_at: datetime | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "user_id": user_id,
        "template": raised.template,
        "parameters": raised.parameters,
        "resource": raised.resource,
        "created_at": at,
        "mail_at": mail_at,
    }


def _storable(value: str) -> str:
    return value.replace("\0", "")
