"""Machine clients as messages."""

from collections.abc import Collection
from typing import Any

from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from journeyman.identity.v1 import api_clients_pb2 as pb
from sqlalchemy import Row

from gateway.identity.sessions.moments import real_now

_STATE = "STATE_"


def state_of(client: pb.ApiClient) -> str:
    """Return the state as it is stored, `ACTIVE` where none is named."""
    return pb.ApiClient.State.Name(client.state or pb.ApiClient.STATE_ACTIVE).removeprefix(_STATE)


def demand_known(client: pb.ApiClient, permissions: Collection[str]) -> None:
    """Raise InvalidFields for each permission of the client that is none of these."""
    words = "UNKNOWN_PERMISSION", "no method asks for this permission", "不存在该权限"
    unknown = [place for place, name in enumerate(client.permissions) if name not in permissions]
    if unknown:
        raise InvalidFields(*(FieldProblem(f"apiClient.permissions[{place}]", *words) for place in unknown))


def rendered(row: "Row[Any]") -> pb.ApiClient:
    """Return a client as a message, without its secret."""
    message = pb.ApiClient(
        client_id=row.client_id,
        display_name=row.display_name,
        permissions=row.permissions,
        state=pb.ApiClient.State.Value(_STATE + row.state),
        etag=etag(row.version),
    )
    message.create_time.FromDatetime(row.created_at)
    if row.previous_expires_at and row.previous_expires_at > real_now():
        message.previous_secret_expire_time.FromDatetime(row.previous_expires_at)
    if row.last_sign_in_at:
        message.last_sign_in_time.FromDatetime(row.last_sign_in_at)
    return message
