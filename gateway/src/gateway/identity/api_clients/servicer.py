"""Answers ApiClientService."""

import secrets
from typing import Any

from chassis.access import Scope
from chassis.errors import NotFound
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import api_clients_pb2
from sqlalchemy import Row

from gateway.identity.api_clients import store
from gateway.identity.api_clients.rules import ClientIdTaken
from gateway.identity.api_clients.store import Client
from gateway.identity.required import demand
from gateway.identity.roles.rules import RoleBeyondOwn


class ApiClientServicer:
    """Clients belong to no unit: only who reaches every row sees them."""

    contract = api_clients_pb2.DESCRIPTOR.services_by_name["ApiClientService"]

    def get_api_client(
        self, request: api_clients_pb2.GetApiClientRequest, call: Call
    ) -> api_clients_pb2.ApiClient:
        row = store.find(call.connection, request.client_id) if call.scope.everything else None
        if row is None:
            raise NotFound("client")
        return _message(row)

    def list_api_clients(
        self, request: api_clients_pb2.ListApiClientsRequest, call: Call
    ) -> api_clients_pb2.ListApiClientsResponse:
        page = page_of(request, keys=1)
        if not call.scope.everything:
            return api_clients_pb2.ListApiClientsResponse()
        rows, token = store.list_page(call.connection, page)
        return api_clients_pb2.ListApiClientsResponse(
            api_clients=[_message(row) for row in rows], next_page_token=token
        )

    def create_api_client(
        self, request: api_clients_pb2.CreateApiClientRequest, call: Call
    ) -> api_clients_pb2.ApiClient:
        wanted = request.api_client
        demand(wanted, "display_name", "permissions", inside="apiClient")
        _demand_held_everywhere(call, wanted.permissions)
        secret = secrets.token_urlsafe(32)
        client = Client(wanted.client_id, wanted.display_name, wanted.permissions, secret)
        row = store.add(call.connection, client, call.now)
        if row is None:
            raise ClientIdTaken(wanted.client_id)
        call.changed(f"apiClients/{row.client_id}")
        message = _message(row)
        message.client_secret = secret
        return message


def _demand_held_everywhere(call: Call, permissions: Any) -> None:
    """Raise RoleBeyondOwn for a permission that the caller does not hold for every row."""
    everywhere = [grant for grant in call.caller.grants if grant.scope is Scope.ALL]
    for permission in permissions:
        if not any(grant.gives(permission) for grant in everywhere):
            raise RoleBeyondOwn


def _message(row: "Row[Any]") -> api_clients_pb2.ApiClient:
    message = api_clients_pb2.ApiClient(
        client_id=row.client_id, display_name=row.display_name, permissions=row.permissions
    )
    message.create_time.FromDatetime(row.created_at)
    return message
