"""Answers ApiClientService."""

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from chassis.access import Scope
from chassis.errors import NotFound
from chassis.field_masks import changed_fields
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import api_clients_pb2 as pb
from sqlalchemy import Row

from gateway.identity.api_clients import messages, store
from gateway.identity.api_clients.rules import ACTIVE, ClientIdTaken, ClientOfSettings, takes_away
from gateway.identity.api_clients.store import Client
from gateway.identity.required import demand
from gateway.identity.roles.permissions import known
from gateway.identity.roles.rules import RoleBeyondOwn
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.revocations import Revoker

_MUTABLE = frozenset({"display_name", "permissions", "state"})
_NEEDED = frozenset({"display_name", "permissions"})


class ApiClientServicer:
    """Answers ApiClientService. Clients belong to no unit: only who reaches every row sees them.

    Args:
        revoker: refuses tokens.
        of_settings: ids of the clients that the settings make.
    """

    contract = pb.DESCRIPTOR.services_by_name["ApiClientService"]

    def __init__(self, revoker: Revoker, of_settings: Collection[str]) -> None:
        self._revoker = revoker
        self._of_settings = frozenset(of_settings)

    def get_api_client(self, request: pb.GetApiClientRequest, call: Call) -> pb.ApiClient:
        row = store.find(call.connection, request.client_id) if call.scope.everything else None
        if row is None:
            raise NotFound("client")
        return messages.rendered(row)

    def list_api_clients(self, request: pb.ListApiClientsRequest, call: Call) -> pb.ListApiClientsResponse:
        page = page_of(request, keys=1)
        if not call.scope.everything:
            return pb.ListApiClientsResponse()
        rows, token = store.list_page(call.connection, page)
        return pb.ListApiClientsResponse(
            api_clients=[messages.rendered(row) for row in rows], next_page_token=token
        )

    def create_api_client(self, request: pb.CreateApiClientRequest, call: Call) -> pb.ApiClient:
        wanted = request.api_client
        demand(wanted, "client_id", "display_name", "permissions", inside="apiClient")
        messages.demand_known(wanted, known())
        _demand_held_everywhere(call, wanted.permissions)
        secret = _new_secret()
        state = messages.state_of(wanted)
        client = Client(wanted.client_id, wanted.display_name, wanted.permissions, secret, state)
        row = store.add(call.connection, client, call.now)
        if row is None:
            raise ClientIdTaken(wanted.client_id)
        call.changed(f"apiClients/{row.client_id}")
        return _with_secret(row, secret)

    def update_api_client(self, request: pb.UpdateApiClientRequest, call: Call) -> pb.ApiClient:
        wanted = request.api_client
        fields = changed_fields(request.update_mask, wanted, mutable=_MUTABLE)
        demand(wanted, "client_id", *[field for field in fields if field in _NEEDED], inside="apiClient")
        if "permissions" in fields:
            messages.demand_known(wanted, known())
        before = self._to_change(wanted.client_id, call)
        call.demand_etag(wanted.etag, before.version)
        _demand_held_everywhere(call, wanted.permissions if "permissions" in fields else ())
        row = store.change(call.connection, before.client_id, _values(wanted, fields))
        if takes_away(
            frozenset(before.permissions),
            frozenset(row.permissions),
            was_active=before.state == ACTIVE,
            is_active=row.state == ACTIVE,
        ):
            self._revoker.revoke(call, row.client_id)
        call.changed(f"apiClients/{row.client_id}", fields)
        return messages.rendered(row)

    def rotate_api_client_secret(self, request: pb.RotateApiClientSecretRequest, call: Call) -> pb.ApiClient:
        before = self._to_change(request.client_id, call)
        call.demand_etag("", before.version)
        secret, at = _new_secret(), real_now()
        until = at + timedelta(hours=request.overlap_hours) if request.overlap_hours else None
        row = store.rotate(call.connection, before, secret, previous_until=until)
        if until is None:
            self._revoker.revoke(call, row.client_id)
        call.changed(f"apiClients/{row.client_id}", ["client_secret"])
        return _with_secret(row, secret)

    def _to_change(self, client_id: str, call: Call) -> "Row[Any]":
        """Return a locked client that is no stronger than the caller.

        Raises NotFound, ClientOfSettings, RoleBeyondOwn.
        """
        row = store.lock(call.connection, client_id) if call.scope.everything else None
        if row is None:
            raise NotFound("client")
        if client_id in self._of_settings:
            raise ClientOfSettings
        _demand_held_everywhere(call, row.permissions)
        return row


def _values(wanted: pb.ApiClient, fields: Collection[str]) -> dict[str, Any]:
    values = {
        "display_name": wanted.display_name,
        "permissions": sorted(wanted.permissions),
        "state": messages.state_of(wanted),
    }
    return {field: values[field] for field in fields}


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _with_secret(row: "Row[Any]", secret: str) -> pb.ApiClient:
    message = messages.rendered(row)
    message.client_secret = secret
    return message


def _demand_held_everywhere(call: Call, permissions: Any) -> None:
    """Raise RoleBeyondOwn for a permission that the caller does not hold for every row."""
    everywhere = [grant for grant in call.caller.grants if grant.scope is Scope.ALL]
    for permission in permissions:
        if not any(grant.gives(permission) for grant in everywhere):
            raise RoleBeyondOwn
