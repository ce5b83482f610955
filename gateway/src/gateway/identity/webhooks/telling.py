"""Owes every endpoint what it asked to be told of."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from chassis.access import RowScope
from chassis.identifiers import new_id
from prometheus_client import Counter
from sqlalchemy import Connection

from gateway.identity.notices import store as notices
from gateway.identity.notices import wording
from gateway.identity.notices.events import Told
from gateway.identity.notices.rules import NIGHT, group_of, key_digest
from gateway.identity.notices.wording import Names, Reader
from gateway.identity.webhooks import deliveries, store
from gateway.identity.webhooks.rules import DeliveryState, wants

_EVERYTHING = RowScope(everything=True, unit_ids=frozenset(), owner_id=None)
# Only who reaches every row adds an endpoint.
_READER = Reader("00000000-0000-0000-0000-000000000000", "", _EVERYTHING, _EVERYTHING)


class TellEndpoints:
    """Makes a delivery of each notice for each endpoint, once for ever."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def __call__(self, connection: Connection, told: Sequence[Told], at: datetime) -> None:
        endpoints = store.enabled(connection)
        wanted = {
            key_digest(each.source, each.dedupe_key, endpoint.id): (each, endpoint)
            for each in told
            for endpoint in endpoints
            if wants(endpoint.groups, group_of(each.template))
        }
        new = notices.remember(connection, wanted.keys(), at)
        owed = [wanted[digest] for digest in wanted if digest in new]
        if owed:
            names = wording.names_for(connection, _READER, [each.parameters for each, _ in owed])
            deliveries.add(connection, [_row(each, endpoint, names, at) for each, endpoint in owed])
        self._counter.labels("webhook", "queued").inc(len(owed))


def _row(told: Told, endpoint: Any, names: Names, at: datetime) -> dict[str, Any]:
    at_once = endpoint.at_all_hours or wording.urgent(told.template)
    return {
        "id": new_id(),
        "endpoint_id": endpoint.id,
        "type": told.template,
        "body": _body(told, endpoint, names, at),
        "state": DeliveryState.PENDING,
        "attempts": 0,
        "last_status": 0,
        "last_problem": "",
        "due_at": at if at_once else NIGHT.over_at(at),
        "created_at": at,
    }


def _body(told: Told, endpoint: Any, names: Names, at: datetime) -> str:
    said = wording.words(told, names, endpoint.language)
    data = {
        "resource": told.resource,
        "parameters": told.parameters,
        "recipientIds": sorted(told.readers),
        "title": said.title,
        "text": said.text,
    }
    timestamp = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return orjson.dumps({"type": told.template, "timestamp": timestamp, "data": data}).decode()
