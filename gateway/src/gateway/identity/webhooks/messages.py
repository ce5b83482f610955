"""Endpoints and deliveries as messages."""

from collections.abc import Sequence
from typing import Any

from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from chassis.webhooks import UnusableUrl, demand_usable, shown
from journeyman.identity.v1 import webhooks_pb2 as pb
from sqlalchemy import Row

from gateway.identity.notices.messages import demand_groups, language_named, language_of
from gateway.identity.notices.rules import CHINESE
from gateway.identity.webhooks.rules import DeliveryState, EndpointState

_STATE = "STATE_"
_REASON = "DISABLED_REASON_"


def values_of(endpoint: pb.WebhookEndpoint, fields: Sequence[str], *, local: bool) -> dict[str, Any]:
    """Return the named fields as they are stored. Raises InvalidFields."""
    values = {field: getattr(endpoint, field) for field in fields if field != "state"}
    if "url" in values:
        _demand_url(endpoint.url, local=local)
    if "groups" in values:
        values["groups"] = demand_groups(endpoint.groups, "webhookEndpoint.groups")
    if "language" in values:
        values["language"] = language_of(endpoint.language, CHINESE)
    return values


def state_of(endpoint: pb.WebhookEndpoint) -> EndpointState | None:
    """Return the state that is wanted, or None where none is named."""
    if not endpoint.state:
        return None
    return EndpointState(pb.WebhookEndpoint.State.Name(endpoint.state).removeprefix(_STATE))


def delivery_state_of(state: "pb.WebhookDelivery.State.ValueType") -> DeliveryState | None:
    return DeliveryState(pb.WebhookDelivery.State.Name(state).removeprefix(_STATE)) if state else None


def endpoint(row: "Row[Any]", *, with_secret: bool = False) -> pb.WebhookEndpoint:
    reason = _REASON + (row.disabled_reason or "UNSPECIFIED")
    message = pb.WebhookEndpoint(
        id=row.id,
        display_name=row.display_name,
        url=row.url,
        groups=row.groups,
        language=language_named(row.language),
        at_all_hours=row.at_all_hours,
        state=pb.WebhookEndpoint.State.Value(_STATE + row.state),
        disabled_reason=pb.WebhookEndpoint.DisabledReason.Value(reason),
        secret=shown(bytes(row.secret)) if with_secret else "",
        etag=etag(row.version),
    )
    message.create_time.FromDatetime(row.created_at)
    message.update_time.FromDatetime(row.updated_at)
    if row.previous_until:
        message.previous_secret_expire_time.FromDatetime(row.previous_until)
    if row.failing_since:
        message.failing_since_time.FromDatetime(row.failing_since)
    return message


def delivery(row: "Row[Any]") -> pb.WebhookDelivery:
    message = pb.WebhookDelivery(
        id=row.id,
        type=row.type,
        body=row.body,
        state=pb.WebhookDelivery.State.Value(_STATE + row.state),
        attempt_count=row.attempts,
        last_status=row.last_status,
        last_problem=row.last_problem,
    )
    message.create_time.FromDatetime(row.created_at)
    if row.due_at:
        message.next_attempt_time.FromDatetime(row.due_at)
    if row.attempted_at:
        message.last_attempt_time.FromDatetime(row.attempted_at)
    return message


def _demand_url(url: str, *, local: bool) -> None:
    try:
        demand_usable(url, local=local)
    except UnusableUrl as error:
        chinese = "必须是可从公网访问的 https:// 地址,且不含用户名和片段"
        raise InvalidFields(
            FieldProblem("webhookEndpoint.url", "ENDPOINT_URL", str(error), chinese)
        ) from None
