"""Accounts as messages."""

from collections.abc import Sequence
from typing import Any

from chassis.etags import etag
from chassis.outbox import Fact
from journeyman.identity.v1 import events_pb2, users_pb2
from sqlalchemy import Row

from gateway.identity.users.rules import ACTIVE

_KIND = "KIND_"
_STATE = "STATE_"


def kind_of(user: users_pb2.User) -> str:
    """Return the kind as it is stored, `EMPLOYEE` where none is named."""
    return users_pb2.User.Kind.Name(user.kind or users_pb2.User.KIND_EMPLOYEE).removeprefix(_KIND)


def state_of(user: users_pb2.User) -> str:
    """Return the state as it is stored, `ACTIVE` where none is named."""
    return users_pb2.User.State.Name(user.state or users_pb2.User.STATE_ACTIVE).removeprefix(_STATE)


def message(row: "Row[Any]") -> users_pb2.User:
    user = users_pb2.User(
        id=row.id,
        username=row.username,
        display_name=row.display_name,
        unit_id=row.unit_id,
        kind=users_pb2.User.Kind.Value(_KIND + row.kind),
        state=users_pb2.User.State.Value(_STATE + row.state),
        etag=etag(row.version),
    )
    user.create_time.FromDatetime(row.created_at)
    user.update_time.FromDatetime(row.updated_at)
    return user


def changed(row: "Row[Any]", role_codes: Sequence[str]) -> Fact:
    data = events_pb2.UserChanged(
        user_id=row.id,
        unit_id=row.unit_id,
        active=row.state == ACTIVE,
        kind=row.kind,
        role_codes=role_codes,
    )
    return Fact("journeyman.identity.user.changed.v1", row.id, row.version, data)
