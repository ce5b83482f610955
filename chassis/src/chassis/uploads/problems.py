"""Answers of the files process in RFC 9457 form, as the gateway gives them, in English or Chinese."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import NamedTuple

import orjson

from chassis.errors import Language
from chassis.uploads.folder import (
    ContentRefusedError,
    ObjectKeyRefusedError,
    ObjectMissingError,
    OffsetConflictError,
)
from chassis.uploads.links import LinkRefusedError


class Answer(NamedTuple):
    status: HTTPStatus
    headers: list[tuple[str, str]]
    body: Iterable[bytes] = ()


class Kind(NamedTuple):
    """What a problem means. The texts may name values of the problem in braces."""

    status: HTTPStatus
    english: str
    chinese: str


METHODS = "GET, HEAD, OPTIONS, PUT"
KINDS: Mapping[str, Kind] = {
    "LINK_REFUSED": Kind(HTTPStatus.FORBIDDEN, "The link is not valid or has expired.", "链接无效或已过期。"),
    "OBJECT_NOT_FOUND": Kind(HTTPStatus.NOT_FOUND, "There is no such object.", "找不到该文件。"),
    "ROUTE_NOT_FOUND": Kind(HTTPStatus.NOT_FOUND, "There is nothing at this address.", "没有这个地址。"),
    "METHOD_NOT_ALLOWED": Kind(
        HTTPStatus.METHOD_NOT_ALLOWED, f"Use one of {METHODS}.", f"请使用以下方法之一:{METHODS}。"
    ),
    "BODY_INCOMPLETE": Kind(
        HTTPStatus.REQUEST_TIMEOUT,
        "The body ended early; `Upload-Offset` says what has arrived.",
        "请求体提前结束,已收到的字节数见 `Upload-Offset`。",
    ),
    "UPLOAD_OFFSET_MISMATCH": Kind(
        HTTPStatus.CONFLICT,
        "The object has {size} bytes; go on from there.",
        "文件已有 {size} 字节,请从该处继续。",
    ),
    "LENGTH_REQUIRED": Kind(HTTPStatus.LENGTH_REQUIRED, "Say Content-Length.", "请提供 Content-Length。"),
    "OBJECT_TOO_LARGE": Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The link allows {max_bytes} bytes.",
        "文件超过链接允许的 {max_bytes} 字节。",
    ),
    "CONTENT_TYPE_MISMATCH": Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The first bytes are not of the announced kind.",
        "文件内容与声明的类型不符。",
    ),
    "CONTENT_RANGE_INVALID": Kind(
        HTTPStatus.BAD_REQUEST,
        "Content-Range is not `bytes first-last/total`, or does not agree with Content-Length.",
        "Content-Range 应为 `bytes first-last/total`,且须与 Content-Length 一致。",
    ),
    "EMPTY_BODY": Kind(HTTPStatus.BAD_REQUEST, "There is nothing in the body.", "请求体为空。"),
    "STORE_UNAVAILABLE": Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "The store cannot be used now.", "文件存储暂不可用。"
    ),
}


class ProblemError(Exception):
    """A request that ends in a problem: `reason` is a key of KINDS, `values` fill its words."""

    def __init__(self, reason: str, *headers: tuple[str, str], **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.headers = headers
        self.values = values


def problem_of(error: Exception) -> ProblemError | None:
    """What a client is told of `error`; None when it is none of the client's business."""
    match error:
        case ProblemError():
            return error
        case LinkRefusedError():
            return ProblemError("LINK_REFUSED")
        case OffsetConflictError(size=size):
            return ProblemError("UPLOAD_OFFSET_MISMATCH", ("Upload-Offset", str(size)), size=size)
        case ContentRefusedError():
            return ProblemError("CONTENT_TYPE_MISMATCH")
        case ObjectMissingError() | ObjectKeyRefusedError():
            return ProblemError("OBJECT_NOT_FOUND")
        case _:
            return None


def unavailable() -> ProblemError:
    return ProblemError("STORE_UNAVAILABLE", ("Retry-After", "5"))


def answer(problem: ProblemError, language: Language) -> Answer:
    kind = KINDS[problem.reason]
    words = kind.chinese if language == "zh" else kind.english
    body = orjson.dumps(
        {
            "type": f"/docs/errors#{problem.reason}",
            "title": kind.status.phrase,
            "status": kind.status.value,
            "detail": words.format_map(problem.values),
            "reason": problem.reason,
            "errors": [],
        }
    )
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Language", "zh-CN" if language == "zh" else "en"),
        ("Content-Length", str(len(body))),
        *problem.headers,
    ]
    return Answer(kind.status, headers, [body])
