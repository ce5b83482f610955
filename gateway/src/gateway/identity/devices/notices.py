"""Who is told what about phones. Nothing says which installation it is."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from chassis.calendar import local_date
from chassis.outbox import Fact
from journeyman.identity.v1 import events_pb2
from sqlalchemy import Row

from chassis import notices

DECIDE = "devices.decide"


def asked_for(device: "Row[Any]", unit_id: str) -> list[Fact]:
    """Tell the nearest superior that a change of phone waits, and the person: it may be somebody else."""
    resource = _resource(device)
    to_superiors = notices.raised(
        "identity",
        "devices.toDecide",
        permission=DECIDE,
        unit_id=unit_id,
        nearest_only=True,
        passed_over=[device.user_id],
        parameters={"user": device.user_id, "unit": unit_id},
        resource=resource,
        dedupe_key=f"devices.toDecide:{device.id}",
    )
    return [to_superiors, _to_person(device, "devices.askedFor")]


def approved(device: "Row[Any]") -> Fact:
    return _to_person(device, "devices.approved")


def rejected(device: "Row[Any]") -> Fact:
    return _to_person(device, "devices.rejected")


def revoked(device: "Row[Any]") -> Fact:
    return _to_person(device, "devices.revoked")


def shared(sharing: "Row[Any]", people: Iterable[str]) -> Fact:
    """Return the event that several people sign in from one phone."""
    data = events_pb2.DeviceShared(device_sharing_id=sharing.id, user_ids=sorted(people))
    data.last_seen_time.FromDatetime(sharing.last_seen_at)
    return Fact("journeyman.identity.device.shared.v1", sharing.id, sharing.version, data)


def sharing_found(
    sharing: "Row[Any]", pairs: Iterable[tuple[str, str]], units: Mapping[str, str], at: datetime
) -> Iterator[Fact]:
    """Tell the superiors of both people, once a month for each pair."""
    month = local_date(at).strftime("%Y-%m")
    for one, other in pairs:
        for unit_id in sorted({units[one], units[other]}):
            yield notices.raised(
                "identity",
                "devices.shared",
                permission=DECIDE,
                unit_id=unit_id,
                parameters={"user": one, "other_user": other},
                resource=f"deviceSharings/{sharing.id}",
                dedupe_key=f"devices.shared:{month}:{one}:{other}:{unit_id}",
            )


def _to_person(device: "Row[Any]", template: str) -> Fact:
    return notices.raised(
        "identity",
        template,
        recipients=[device.user_id],
        resource=_resource(device),
        dedupe_key=f"{template}:{device.id}",
    )


def _resource(device: "Row[Any]") -> str:
    return f"devices/{device.id}"
