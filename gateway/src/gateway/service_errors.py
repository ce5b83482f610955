"""From the gRPC errors of the services to problems."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, cast

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gateway import kinds
from gateway.problem import FieldError, Kind, Rendered

_CODE = grpc.StatusCode
_STATUS = {
    _CODE.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    _CODE.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    _CODE.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    _CODE.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    _CODE.NOT_FOUND: HTTPStatus.NOT_FOUND,
    _CODE.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    _CODE.ABORTED: HTTPStatus.CONFLICT,
    _CODE.FAILED_PRECONDITION: HTTPStatus.CONFLICT,
    _CODE.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    _CODE.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    _CODE.CANCELLED: HTTPStatus.SERVICE_UNAVAILABLE,
    _CODE.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
    _CODE.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
}
_STATUS_OF_REASON = {
    "ETAG_MISMATCH": HTTPStatus.PRECONDITION_FAILED,
    "IDEMPOTENCY_KEY_REUSED": HTTPStatus.UNPROCESSABLE_ENTITY,
}
_RETRIED = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)


def is_silence(error: grpc.RpcError) -> bool:
    """Whether the backend itself said nothing: it is down, hung or cut off.

    A service that reports a condition of its own attaches details; the transport never does.
    """
    code = error.code()
    if code is _CODE.DEADLINE_EXCEEDED:
        return True
    return code in (_CODE.UNAVAILABLE, _CODE.CANCELLED) and not _details(error)


def is_overload(error: grpc.RpcError) -> bool:
    """Whether the backend has no free thread: its server answers so without details, no rule of it does."""
    return error.code() is _CODE.RESOURCE_EXHAUSTED and not _details(error)


def http_status(code: grpc.StatusCode, reason: str) -> HTTPStatus:
    return _STATUS_OF_REASON.get(reason) or _STATUS.get(code, HTTPStatus.INTERNAL_SERVER_ERROR)


def rendered(error: grpc.RpcError) -> Rendered:
    """The problem that tells what a service said, in the words and the language it chose."""
    found = _read(_details(error))
    info: Any = found.get("ErrorInfo")
    status = http_status(error.code(), info.reason if info else "")
    if info is None or status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _without_details(status, error.code())
    words: Any = found.get("LocalizedMessage")
    invalid: Any = found.get("BadRequest")
    errors = [
        FieldError(violation.field, violation.reason, violation.description)
        for violation in (invalid.field_violations if invalid else ())
    ]
    return Rendered(status, info.reason, words.message if words else "", errors, _headers(status, found))


def _without_details(status: HTTPStatus, code: grpc.StatusCode) -> Rendered:
    kind = _PLAIN.get(status)
    if kind is None:
        return Rendered(status, code.name, status.phrase)
    return Rendered(kind.status, kind.reason, kind.english)


_PLAIN: dict[HTTPStatus, Kind] = {
    kind.status: kind
    for kind in (kinds.NOT_IMPLEMENTED, kinds.INTERNAL, kinds.NOT_SIGNED_IN, kinds.NOT_FOUND)
}


def _headers(status: HTTPStatus, found: dict[str, Any]) -> dict[str, str]:
    if status not in _RETRIED:
        return {}
    retry = found.get("RetryInfo")
    return {"Retry-After": str(max(1, retry.retry_delay.seconds if retry else 1))}


def _details(error: grpc.RpcError) -> Iterable[Any]:
    try:
        status = rpc_status.from_call(cast("grpc.Call", error))
    except ValueError:  # details that contradict the status: not made by a service of ours
        return ()
    return status.details if status else ()


def _read(details: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for packed in details:
        name = packed.TypeName().removeprefix("google.rpc.")
        type_ = getattr(error_details_pb2, name, None)
        if type_ is not None:
            found[name] = type_()
            packed.Unpack(found[name])
    return found
