"""Answers WebhookEndpointService."""

from typing import Any

from chassis.errors import NotFound
from chassis.field_masks import changed_fields
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import webhooks_pb2 as pb
from sqlalchemy import Row

from gateway.identity.required import demand
from gateway.identity.webhooks import deliveries, messages, store
from gateway.identity.webhooks.rules import (
    MAX_ENDPOINTS,
    DisabledReason,
    EndpointBeyondOwn,
    EndpointDisabled,
    EndpointState,
    TooManyEndpoints,
)

_KEPT = ("at_all_hours", "display_name", "groups", "language", "url")
_MUTABLE = frozenset((*_KEPT, "state"))


class WebhookEndpointServicer:
    """Endpoints belong to no unit: only who reaches every row sees them."""

    contract = pb.DESCRIPTOR.services_by_name["WebhookEndpointService"]

    def __init__(self, *, local: bool) -> None:
        self._local = local

    def list_webhook_endpoints(
        self, request: pb.ListWebhookEndpointsRequest, call: Call
    ) -> pb.ListWebhookEndpointsResponse:
        page = page_of(request, keys=1)
        if not call.scope.everything:
            return pb.ListWebhookEndpointsResponse()
        rows = store.read_page(call.connection, page)
        shown = rows[: page.size]
        response = pb.ListWebhookEndpointsResponse(webhook_endpoints=map(messages.endpoint, shown))
        if len(rows) > page.size:
            response.next_page_token = page.token((shown[-1].id,))
        return response

    def get_webhook_endpoint(self, request: pb.GetWebhookEndpointRequest, call: Call) -> pb.WebhookEndpoint:
        return messages.endpoint(_visible(request.webhook_endpoint_id, call))

    def create_webhook_endpoint(
        self, request: pb.CreateWebhookEndpointRequest, call: Call
    ) -> pb.WebhookEndpoint:
        wanted = request.webhook_endpoint
        demand(wanted, "display_name", "url", inside="webhookEndpoint")
        if not call.scope.everything:
            raise EndpointBeyondOwn
        values = messages.values_of(wanted, _KEPT, local=self._local)
        if store.count_alone(call.connection) >= MAX_ENDPOINTS:
            raise TooManyEndpoints
        state = messages.state_of(wanted) or EndpointState.ENABLED
        reason = "" if state is EndpointState.ENABLED else DisabledReason.BY_ADMINISTRATOR
        row = store.add(call.connection, {**values, "state": state, "disabled_reason": reason}, call.now)
        call.changed(f"webhookEndpoints/{row.id}")
        return messages.endpoint(row, with_secret=True)

    def update_webhook_endpoint(
        self, request: pb.UpdateWebhookEndpointRequest, call: Call
    ) -> pb.WebhookEndpoint:
        wanted = request.webhook_endpoint
        demand(wanted, "id", inside="webhookEndpoint")
        fields = changed_fields(request.update_mask, wanted, mutable=_MUTABLE)
        given = [field for field in fields if field in {"display_name", "url"}]
        demand(wanted, *given, inside="webhookEndpoint")
        values = messages.values_of(wanted, fields, local=self._local)
        before = _locked(wanted.id, call)
        call.demand_etag(wanted.etag, before.version)
        row = store.change(call.connection, before.id, values, call.now)
        state = messages.state_of(wanted) if "state" in fields else None
        if state and state != before.state:
            row = _switch(row, state, call)
        call.changed(f"webhookEndpoints/{row.id}", fields)
        return messages.endpoint(row)

    def delete_webhook_endpoint(
        self, request: pb.DeleteWebhookEndpointRequest, call: Call
    ) -> pb.DeleteWebhookEndpointResponse:
        if not call.scope.everything or not store.remove(call.connection, request.webhook_endpoint_id):
            raise NotFound("webhook endpoint")
        call.changed(f"webhookEndpoints/{request.webhook_endpoint_id}")
        return pb.DeleteWebhookEndpointResponse()

    def rotate_webhook_secret(self, request: pb.RotateWebhookSecretRequest, call: Call) -> pb.WebhookEndpoint:
        row = store.rotate(call.connection, _locked(request.webhook_endpoint_id, call), call.now)
        call.changed(f"webhookEndpoints/{row.id}", ["secret"])
        return messages.endpoint(row, with_secret=True)

    def list_webhook_deliveries(
        self, request: pb.ListWebhookDeliveriesRequest, call: Call
    ) -> pb.ListWebhookDeliveriesResponse:
        page = page_of(request)
        endpoint_id = _visible(request.webhook_endpoint_id, call).id
        state = messages.delivery_state_of(request.state)
        rows = deliveries.read_page(call.connection, endpoint_id, page, state)
        shown = rows[: page.size]
        response = pb.ListWebhookDeliveriesResponse(webhook_deliveries=map(messages.delivery, shown))
        if len(rows) > page.size:
            response.next_page_token = page.token((shown[-1].created_at.isoformat(), shown[-1].id))
        return response

    def redeliver_webhook(self, request: pb.RedeliverWebhookRequest, call: Call) -> pb.WebhookDelivery:
        endpoint = _locked(request.webhook_endpoint_id, call)
        known = deliveries.find(call.connection, endpoint.id, request.webhook_delivery_id)
        if known is None:
            raise NotFound("webhook delivery")
        if endpoint.state != EndpointState.ENABLED:
            raise EndpointDisabled
        row = deliveries.send_again(call.connection, known.id, call.now)
        call.changed(f"webhookEndpoints/{endpoint.id}/deliveries/{row.id}", ["state"])
        return messages.delivery(row)


def _visible(endpoint_id: str, call: Call) -> "Row[Any]":
    row = store.find(call.connection, endpoint_id) if call.scope.everything else None
    if row is None:
        raise NotFound("webhook endpoint")
    return row


def _locked(endpoint_id: str, call: Call) -> "Row[Any]":
    row = store.lock(call.connection, endpoint_id) if call.scope.everything else None
    if row is None:
        raise NotFound("webhook endpoint")
    return row


def _switch(row: "Row[Any]", state: EndpointState, call: Call) -> "Row[Any]":
    if state is EndpointState.DISABLED:
        return store.disable(call.connection, row.id, DisabledReason.BY_ADMINISTRATOR, call.now)
    values = {"state": state, "disabled_reason": "", "failing_since": None}
    return store.change(call.connection, row.id, values, call.now)
