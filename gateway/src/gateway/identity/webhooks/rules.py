"""When a delivery is tried again, and when an endpoint is given up. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

MAX_ENDPOINTS = 50
# How long the secret before signs too.
OVERLAP = timedelta(hours=24)
KEPT = timedelta(days=30)
GONE = 410
_FAILING_FOR = timedelta(days=5)
# Those that Standard Webhooks recommends: three days in all.
_PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)


class EndpointState(StrEnum):
    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class DisabledReason(StrEnum):
    BY_ADMINISTRATOR = "BY_ADMINISTRATOR"
    GONE = "GONE"
    FAILING = "FAILING"


class DeliveryState(StrEnum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class EndpointBeyondOwn(Exception):
    """An endpoint is told of every unit: only who reaches every row adds one."""


class TooManyEndpoints(Exception):
    """There are as many endpoints as there may be."""


class EndpointDisabled(Exception):
    """Nothing is sent to a disabled endpoint."""


def wants(groups: Collection[str], group: str) -> bool:
    """Tell whether an endpoint that asked for these groups is told of one; of all when it asked for none."""
    return not groups or group in groups


def next_attempt(attempts: int, at: datetime) -> datetime | None:
    """Return when to try again after so many failed attempts. None: that was the last."""
    return at + _PAUSES[attempts - 1] if attempts <= len(_PAUSES) else None


def to_disable(status: int, failing_since: datetime, at: datetime) -> DisabledReason | None:
    """Return why an endpoint that failed now, and since then, is given up. None: it is not."""
    if status == GONE:
        return DisabledReason.GONE
    return DisabledReason.FAILING if at - failing_since >= _FAILING_FOR else None
