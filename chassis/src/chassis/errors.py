"""Errors as callers see them: a status, a reason from docs/errors.md, and words in two languages.

Rules raise plain exceptions. A service's `errors.py` says once, in a table, what each means to a caller.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from chassis.etags import MalformedEtagError
from chassis.field_masks import FieldMaskError
from chassis.resource_names import CHINESE

DOMAIN = "journeyman"
Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """What an exception means to a caller.

    `english` and `chinese` may name attributes of the exception in braces: `{customer_id}`.
    """

    status: grpc.StatusCode
    reason: str
    english: str
    chinese: str

    def words(self, language: Language, values: Mapping[str, object]) -> str:
        return (self.chinese if language == "zh" else self.english).format_map(values)


ErrorTable = Mapping[type[Exception], ErrorKind]


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One bad field: its path as the client wrote it (`customer.phone`) and why, in both languages."""

    path: str
    reason: str
    english: str
    chinese: str


class InvalidFields(Exception):
    """The request has bad fields."""

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__(", ".join(problem.path for problem in problems))
        self.problems: Sequence[FieldProblem] = problems


class AtField(Exception):
    """A field of the request names what `error` is about: the caller is told which."""

    def __init__(self, path: str, error: Exception) -> None:
        super().__init__(path)
        self.path = path
        self.error = error


@contextmanager
def named_by(path: str, *kinds: type[Exception]) -> Iterator[None]:
    """Have refusals of these kinds, raised in the block, say that the field at `path` has named it."""
    try:
        yield
    except kinds as error:
        raise AtField(path, error) from None


class NotFound(Exception):
    """The resource does not exist, or lies outside the caller's scope, which is told alike."""

    def __init__(self, resource: str) -> None:
        super().__init__(resource)
        self.resource = resource
        self.chinese = CHINESE.get(resource, resource)


class EtagMismatch(Exception):
    """The resource has changed since the caller read it."""


class Unavailable(Exception):
    """Another service that is needed for the answer cannot be asked now."""


class NotSignedIn(Exception):
    """The call carries no token that is good."""


class NotPermitted(Exception):
    """No role of the caller grants the permission."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class DeviceReplaced(Exception):
    """The call comes from a phone that another one has taken the place of, and hands in nothing."""


class PasswordChangeRequired(Exception):
    """Somebody else chose the caller's password, and they have not changed it yet."""


class PersonRequired(Exception):
    """A machine called what only a person does."""


class IdempotencyKeyMissing(Exception):
    """The method is called with an Idempotency-Key only."""


class IdempotencyKeyReused(Exception):
    """The key was used before for another request."""


class CallInFlight(Exception):
    """The same key is being worked on right now."""


class Conflict(Exception):
    """Another call changed the same rows at the same time."""


_S = grpc.StatusCode
INVALID = ErrorKind(_S.INVALID_ARGUMENT, "INVALID_FIELDS", "Some fields are not valid.", "部分字段不合法。")
INTERNAL = ErrorKind(
    _S.INTERNAL, "INTERNAL", "Something went wrong on our side.", "服务器内部错误,请稍后再试。"
)
CHASSIS_ERRORS: ErrorTable = {
    NotFound: ErrorKind(_S.NOT_FOUND, "NOT_FOUND", "There is no such {resource}.", "找不到该{chinese}。"),
    EtagMismatch: ErrorKind(
        _S.FAILED_PRECONDITION,
        "ETAG_MISMATCH",
        "The resource has changed since it was read. Read it again.",
        "数据已被修改,请重新读取后再试。",
    ),
    Unavailable: ErrorKind(
        _S.UNAVAILABLE,
        "UNAVAILABLE",
        "A service that is needed for this cannot be reached. Try again.",
        "所需服务暂不可用,请稍后重试。",
    ),
    NotSignedIn: ErrorKind(_S.UNAUTHENTICATED, "NOT_SIGNED_IN", "Sign in to do this.", "请先登录。"),
    NotPermitted: ErrorKind(
        _S.PERMISSION_DENIED,
        "NOT_PERMITTED",
        "None of your roles grants {permission}.",
        "您没有 {permission} 权限。",
    ),
    DeviceReplaced: ErrorKind(
        _S.PERMISSION_DENIED,
        "DEVICE_REPLACED",
        "Another phone has taken the place of this one: it only hands in what it had queued.",
        "本手机已被更换,仅可补传更换前采集的数据。",
    ),
    PasswordChangeRequired: ErrorKind(
        _S.PERMISSION_DENIED,
        "PASSWORD_CHANGE_REQUIRED",
        "Somebody else chose your password. Change it before you go on.",
        "您的密码由他人设置,请先修改密码。",
    ),
    PersonRequired: ErrorKind(
        _S.PERMISSION_DENIED,
        "PERSON_REQUIRED",
        "Only a person can do this, signed in with an account of their own.",
        "此操作只能由本人登录后进行。",
    ),
    IdempotencyKeyMissing: ErrorKind(
        _S.INVALID_ARGUMENT,
        "IDEMPOTENCY_KEY_MISSING",
        "Send an Idempotency-Key with this call.",
        "此操作需要 Idempotency-Key。",
    ),
    IdempotencyKeyReused: ErrorKind(
        _S.FAILED_PRECONDITION,
        "IDEMPOTENCY_KEY_REUSED",
        "This Idempotency-Key was used for another request.",
        "此 Idempotency-Key 已用于另一个请求。",
    ),
    CallInFlight: ErrorKind(
        _S.ABORTED,
        "CALL_IN_FLIGHT",
        "The same call is being worked on. Try again in a moment.",
        "相同的请求正在处理中,请稍后再试。",
    ),
    Conflict: ErrorKind(
        _S.ABORTED,
        "CONFLICT",
        "Somebody changed the same data at the same moment. Try again.",
        "数据同时被他人修改,请重试。",
    ),
}


@dataclass(frozen=True, slots=True)
class Rendering:
    """An error ready for the wire."""

    status: grpc.StatusCode
    reason: str
    details: status_pb2.Status = field(repr=False)


def render(error: Exception, kinds: ErrorTable, language: Language) -> Rendering:
    """Say what an exception means to the caller; an unknown one is INTERNAL and tells nothing of itself."""
    if isinstance(error, FieldMaskError):
        error = InvalidFields(_not_updatable(error))
    if isinstance(error, MalformedEtagError):
        error = InvalidFields(_MALFORMED_ETAG)
    if isinstance(error, InvalidFields):
        return _rendering(INVALID, INVALID.words(language, {}), language, _bad_request(error, language))
    path, error = (error.path, error.error) if isinstance(error, AtField) else ("", error)
    kind = _kind(error, kinds)
    words = kind.words(language, vars(error))
    details: list[Message] = []
    if kind.status in _RETRIABLE:
        details.append(error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=1)))
    if path:
        named = InvalidFields(FieldProblem(path, kind.reason, words, words))
        details.append(_bad_request(named, language))
    return _rendering(kind, words, language, *details)


_MALFORMED_ETAG = FieldProblem("etag", "MALFORMED_ETAG", "is not an etag of this API", "不是有效的 etag")


def _not_updatable(error: FieldMaskError) -> FieldProblem:
    english, chinese = f"{error.field}: {error.reason}", f"{error.field}: 不存在或不可修改"
    return FieldProblem("updateMask", "NOT_UPDATABLE", english, chinese)


_RETRIABLE = (_S.UNAVAILABLE, _S.RESOURCE_EXHAUSTED)


def _kind(error: Exception, kinds: ErrorTable) -> ErrorKind:
    for type_ in type(error).__mro__:
        found = kinds.get(type_) or CHASSIS_ERRORS.get(type_)
        if found:
            return found
    return INTERNAL


# Beyond 8 KiB gRPC drops the whole answer, and a client is told to come again in place of what is wrong.
_MOST_BYTES = 4000
_MOST_CHARACTERS = 300  # of a name that the caller has made, such as a key or a path of a field mask


def _bad_request(error: InvalidFields, language: Language) -> error_details_pb2.BadRequest:
    """Name the bad fields, as many of them as fit into an answer."""
    named = error_details_pb2.BadRequest()
    for problem in error.problems:
        named.field_violations.add(
            field=_short(problem.path),
            description=_short(problem.chinese if language == "zh" else problem.english),
            reason=problem.reason,
        )
        if named.ByteSize() > _MOST_BYTES:
            break
    return named


def _short(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def _rendering(kind: ErrorKind, words: str, language: Language, *details: object) -> Rendering:
    status = status_pb2.Status(code=getattr(code_pb2, kind.status.name), message=words)
    info = error_details_pb2.ErrorInfo(reason=kind.reason, domain=DOMAIN)
    locale = "zh-CN" if language == "zh" else "en"
    for detail in (info, error_details_pb2.LocalizedMessage(locale=locale, message=words), *details):
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return Rendering(kind.status, kind.reason, status)


def language_of(header: str) -> Language:
    """Return the better of English and Chinese for an Accept-Language header; without either, English."""
    best: Language = "en"
    best_weight = 0.0
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        prefix = tag.strip().lower()[:2]
        weight = _weight(parameters)
        if prefix in ("en", "zh") and weight > best_weight:
            best, best_weight = ("zh" if prefix == "zh" else "en"), weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
