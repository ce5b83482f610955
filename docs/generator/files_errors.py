"""What the files process answers. It speaks English; the Chinese is for the readers of docs/errors.md.

A test compares this table with the code of the process.
"""

from http import HTTPStatus

FILES_ERRORS = {
    "LINK_REFUSED": (HTTPStatus.FORBIDDEN, "The link is not valid or has expired.", "链接无效或已过期。"),
    "OBJECT_NOT_FOUND": (HTTPStatus.NOT_FOUND, "There is no such object.", "找不到该文件。"),
    "ROUTE_NOT_FOUND": (HTTPStatus.NOT_FOUND, "There is nothing at this address.", "没有这个地址。"),
    "METHOD_NOT_ALLOWED": (
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Use GET, HEAD, PUT or OPTIONS.",
        "请使用 GET、HEAD、PUT 或 OPTIONS。",
    ),
    "BODY_INCOMPLETE": (
        HTTPStatus.REQUEST_TIMEOUT,
        "The body ended early; `Upload-Offset` says what has arrived.",
        "请求体提前结束，已收到的字节数见 `Upload-Offset`。",
    ),
    "UPLOAD_OFFSET_MISMATCH": (
        HTTPStatus.CONFLICT,
        "The object has another size; go on from `Upload-Offset`.",
        "文件大小不一致，请从 `Upload-Offset` 处继续。",
    ),
    "LENGTH_REQUIRED": (HTTPStatus.LENGTH_REQUIRED, "Say Content-Length.", "请提供 Content-Length。"),
    "OBJECT_TOO_LARGE": (
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The file is larger than its link allows.",
        "文件超过链接允许的大小。",
    ),
    "CONTENT_TYPE_MISMATCH": (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The first bytes are not of the announced kind.",
        "文件内容与声明的类型不符。",
    ),
    "CONTENT_RANGE_INVALID": (
        HTTPStatus.BAD_REQUEST,
        "Content-Range is not `bytes first-last/total`, or does not fit the body.",
        "Content-Range 格式不正确，或与请求体不符。",
    ),
    "EMPTY_BODY": (HTTPStatus.BAD_REQUEST, "There is nothing in the body.", "请求体为空。"),
    "STORE_UNAVAILABLE": (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The store cannot be used now.",
        "文件存储暂不可用。",
    ),
}
