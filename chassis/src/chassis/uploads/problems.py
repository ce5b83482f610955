"""Answers of the files process in RFC 9457 form."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import NamedTuple

import orjson

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


class ProblemError(Exception):
    def __init__(self, status: HTTPStatus, reason: str, detail: str, *headers: tuple[str, str]) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.headers = headers


def problem_of(error: Exception) -> ProblemError | None:
    """What a client is told of `error`; None when it is none of the client's business."""
    match error:
        case ProblemError():
            return error
        case LinkRefusedError():
            return ProblemError(HTTPStatus.FORBIDDEN, "LINK_REFUSED", "The link is not valid or has expired.")
        case OffsetConflictError(size=size):
            return _conflict(size)
        case ContentRefusedError():
            detail = "The first bytes are not of the announced kind."
            return ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "CONTENT_TYPE_MISMATCH", detail)
        case ObjectMissingError() | ObjectKeyRefusedError():
            return ProblemError(HTTPStatus.NOT_FOUND, "OBJECT_NOT_FOUND", "There is no such object.")
        case _:
            return None


def unavailable() -> ProblemError:
    detail = "The store cannot be used now."
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "STORE_UNAVAILABLE", detail, ("Retry-After", "5"))


def answer(problem: ProblemError) -> Answer:
    body = orjson.dumps(
        {
            "type": "about:blank",
            "title": problem.status.phrase,
            "status": problem.status.value,
            "detail": problem.detail,
            "reason": problem.reason,
        }
    )
    length = ("Content-Length", str(len(body)))
    headers = [("Content-Type", "application/problem+json"), length, *problem.headers]
    return Answer(problem.status, headers, [body])


def _conflict(size: int) -> ProblemError:
    detail = f"The object has {size} bytes; go on from there."
    offset = ("Upload-Offset", str(size))
    return ProblemError(HTTPStatus.CONFLICT, "UPLOAD_OFFSET_MISMATCH", detail, offset)
