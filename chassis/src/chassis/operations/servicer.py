"""Serves `/v1/operations/{operation_id}` for the operations of one service."""

import uuid
from collections.abc import Callable

from journeyman.operations.v1 import operations_pb2

from chassis.errors import CHASSIS_ERRORS, INTERNAL, ErrorTable, NotFound
from chassis.operations.store import find, operation_id
from chassis.server.call import Call


class OperationsServicer:
    """Shows callers the operations that they have started.

    Args:
        service: name of the service, the owner in its ids.
        errors: kinds of the service, for the words of a failure's reason.
        link: makes a download link of a result file's key.
    """

    contract = operations_pb2.DESCRIPTOR.services_by_name["OperationsService"]

    def __init__(self, service: str, errors: ErrorTable, link: Callable[[str], str]) -> None:
        self._service = service
        self._link = link
        self._kinds = {kind.reason: kind for kind in (*CHASSIS_ERRORS.values(), *errors.values())}

    def get_operation(
        self, request: operations_pb2.GetOperationRequest, call: Call
    ) -> operations_pb2.Operation:
        """Return the operation; NotFound for one that somebody else started."""
        owner, _, id_ = request.operation_id.partition(".")
        row = find(call.connection, id_, call.caller.subject) if _is_id(id_) else None
        if owner != self._service or row is None:
            raise NotFound("operation")
        operation = operations_pb2.Operation(
            id=operation_id(self._service, row.id),
            kind=row.kind,
            state=operations_pb2.Operation.State.Value(f"STATE_{row.state}"),
            progress_done=row.done,
            progress_total=row.total,
            counts=row.counts,
            result_url=self._link(row.result_key) if row.result_key else "",
            error_reason=row.error_reason,
        )
        if row.error_reason:
            kind = self._kinds.get(row.error_reason, INTERNAL)
            operation.error_message = kind.words(call.language, {})
        operation.create_time.FromDatetime(row.created_at)
        operation.update_time.FromDatetime(row.updated_at)
        return operation


def _is_id(text: str) -> bool:
    """Tell whether it is written as ids are: Python reads hyphens anywhere, and the database would fail."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
