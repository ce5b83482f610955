"""What a request asks of the log."""

from typing import Any

from journeyman.identity.v1 import audit_log_pb2 as pb

from gateway.identity.audit_log.store import FILTERS, Filter
from gateway.identity.times import instant


def wanted(request: pb.ListAuditEntriesRequest | pb.AuditFilter, path: str = "") -> Filter:
    """Return the filter of a request. Raises InvalidFields for a time that cannot be kept."""
    equal = {name: getattr(request, name) for name in FILTERS if getattr(request, name)}
    return Filter(
        equal=equal | {name: equal[name].lower() for name in ("unit_id",) if name in equal},
        from_time=instant(request.from_time, f"{path}fromTime") if request.HasField("from_time") else None,
        to_time=instant(request.to_time, f"{path}toTime") if request.HasField("to_time") else None,
    )


def names(filter_: Filter) -> list[str]:
    """Return what a filter narrows by."""
    times: dict[str, Any] = {"from_time": filter_.from_time, "to_time": filter_.to_time}
    return [*filter_.equal, *(name for name, value in times.items() if value)]
