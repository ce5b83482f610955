"""The organisation as visit asks about it."""

from collections.abc import Sequence
from typing import Protocol

import grpc
from chassis.errors import ErrorKind, ErrorTable

from directory import UnknownUnit

ERRORS: ErrorTable = {
    UnknownUnit: ErrorKind(
        grpc.StatusCode.FAILED_PRECONDITION,
        "UNKNOWN_UNIT",
        "The unit of your account does not exist any more. Sign in again.",
        "您账号所属的单位已不存在,请重新登录。",
    ),
}


class UnitPaths(Protocol):
    """Knows what stands above a unit. Asked before a transaction begins: it may have to ask identity."""

    def path(self, unit_id: str) -> Sequence[str]:
        """Return the unit, its parent, and so on up to the root. Raises UnknownUnit, Unavailable."""
