"""Phones as messages."""

from collections.abc import Iterable
from typing import Any

from chassis.etags import etag
from journeyman.identity.v1 import devices_pb2 as pb
from sqlalchemy import ColumnElement, Row

from gateway.identity.devices import store
from gateway.identity.devices.tables import devices

_PLATFORM = "PLATFORM_"
_STATE = "STATE_"


def described(device: pb.DeviceDescription) -> dict[str, Any]:
    """Return the columns that a sign-in tells."""
    return {
        "installation_digest": store.digest(device.installation_id),
        "model": device.model.strip(),
        "platform": pb.Device.Platform.Name(device.platform).removeprefix(_PLATFORM),
        "app_version": device.app_version.strip(),
    }


def message(row: "Row[Any]") -> pb.Device:
    device = pb.Device(
        id=row.id,
        user_id=row.user_id,
        model=row.model,
        platform=pb.Device.Platform.Value(_PLATFORM + row.platform),
        app_version=row.app_version,
        state=pb.Device.State.Value(_STATE + row.state),
        decided_by=row.decided_by or "",
        decision_note=row.decision_note,
        etag=etag(row.version),
    )
    device.create_time.FromDatetime(row.created_at)
    device.sign_in_time.FromDatetime(row.signed_in_at)
    if row.bound_at is not None:
        device.bind_time.FromDatetime(row.bound_at)
    if row.ended_at is not None:
        device.end_time.FromDatetime(row.ended_at)
    if row.queue_ends_at is not None:
        device.queue_end_time.FromDatetime(row.queue_ends_at)
    return device


def conditions(request: pb.ListDevicesRequest) -> "list[ColumnElement[bool]]":
    """Return the filters of a list."""
    found = []
    if request.user_id:
        found.append(devices.c.user_id == request.user_id)
    if request.state:
        found.append(devices.c.state == pb.Device.State.Name(request.state).removeprefix(_STATE))
    return found


def sharing(row: "Row[Any]", people: Iterable["Row[Any]"]) -> pb.DeviceSharing:
    """Return a finding; of its people, those who are visible."""
    everybody = list(people)
    seen = [person.user_id for person in everybody if person.visible]
    found = pb.DeviceSharing(id=row.id, user_ids=seen, person_count=len(everybody))
    found.create_time.FromDatetime(row.created_at)
    found.last_seen_time.FromDatetime(row.last_seen_at)
    return found
