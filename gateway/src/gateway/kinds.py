"""The problems that the gateway itself finds, in both languages. Those of the services pass through it."""

from http import HTTPStatus

from chassis.errors import CHASSIS_ERRORS, DeviceReplaced, NotPermitted, PasswordChangeRequired

from gateway.problem import Kind

INVALID_FIELDS = Kind(
    HTTPStatus.BAD_REQUEST, "INVALID_FIELDS", "Some fields are not valid.", "部分字段不合法。"
)
INVALID_JSON = Kind(
    HTTPStatus.BAD_REQUEST,
    "INVALID_JSON",
    "The body is not valid JSON: {english}.",
    "请求体不是合法的 JSON：{chinese}。",
)
INVALID_HEADER = Kind(
    HTTPStatus.BAD_REQUEST,
    "INVALID_HEADER",
    "The header {header} is not valid.",
    "请求头 {header} 不合法。",
)
INVALID_URL = Kind(
    HTTPStatus.BAD_REQUEST, "INVALID_URL", "The URL is not valid UTF-8.", "URL 不是合法的 UTF-8 编码。"
)
URL_TOO_LONG = Kind(
    HTTPStatus.REQUEST_URI_TOO_LONG,
    "URL_TOO_LONG",
    "The URL is longer than 8190 bytes.",
    "URL 超过 8190 字节。",
)
HEADERS_TOO_LARGE = Kind(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "HEADERS_TOO_LARGE",
    "There are too many headers, or one is too long.",
    "请求头过多或过长。",
)
REQUEST_UNREADABLE = Kind(
    HTTPStatus.BAD_REQUEST,
    "REQUEST_UNREADABLE",
    "This cannot be read as an HTTP request.",
    "无法解析该 HTTP 请求。",
)
NOT_SIGNED_IN = Kind(HTTPStatus.UNAUTHORIZED, "NOT_SIGNED_IN", "Sign in to do this.", "请先登录。")
INVALID_TOKEN = Kind(
    HTTPStatus.UNAUTHORIZED,
    "INVALID_TOKEN",
    "The access token is not valid, has expired or has been revoked.",
    "访问令牌无效、已过期或已被撤销。",
)


def _forbidden(error: type[Exception]) -> Kind:
    """Return what the services would say."""
    said = CHASSIS_ERRORS[error]
    return Kind(HTTPStatus.FORBIDDEN, said.reason, said.english, said.chinese)


DEVICE_REPLACED = _forbidden(DeviceReplaced)
NOT_PERMITTED = _forbidden(NotPermitted)
PASSWORD_CHANGE_REQUIRED = _forbidden(PasswordChangeRequired)
NO_SUCH_URL = Kind(HTTPStatus.NOT_FOUND, "NO_SUCH_URL", "Nothing answers at this URL.", "没有这个地址。")
NOT_FOUND = Kind(HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such resource.", "找不到该资源。")
METHOD_NOT_ALLOWED = Kind(
    HTTPStatus.METHOD_NOT_ALLOWED,
    "METHOD_NOT_ALLOWED",
    "This URL does not answer {method}.",
    "此地址不支持 {method} 方法。",
)
BODY_TOO_LARGE = Kind(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "BODY_TOO_LARGE",
    "The body is larger than {limit} bytes.",
    "请求体超过 {limit} 字节。",
)
BODY_INCOMPLETE = Kind(
    HTTPStatus.REQUEST_TIMEOUT, "BODY_INCOMPLETE", "The body stopped coming.", "请求体传输中断。"
)
UNSUPPORTED_MEDIA_TYPE = Kind(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "UNSUPPORTED_MEDIA_TYPE",
    "Send the body as {expected}.",
    "请求体的类型必须是 {expected}。",
)
TOO_MANY_REQUESTS = Kind(
    HTTPStatus.TOO_MANY_REQUESTS,
    "TOO_MANY_REQUESTS",
    "Too many requests. Try again in {seconds} seconds.",
    "请求过于频繁，请在 {seconds} 秒后重试。",
)
SERVICE_UNAVAILABLE = Kind(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "SERVICE_UNAVAILABLE",
    "The {backend} service does not answer now. Try again.",
    "{backend} 服务暂不可用，请稍后重试。",
)
DEADLINE_EXCEEDED = Kind(
    HTTPStatus.GATEWAY_TIMEOUT,
    "DEADLINE_EXCEEDED",
    "The answer took too long. What was asked may still have happened.",
    "处理超时，操作可能已经完成。",
)
NOT_IMPLEMENTED = Kind(
    HTTPStatus.NOT_IMPLEMENTED, "NOT_IMPLEMENTED", "This is not available here.", "此功能在此处不可用。"
)
INTERNAL = Kind(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "INTERNAL",
    "Something went wrong on our side.",
    "服务器内部错误，请稍后再试。",
)

KINDS = tuple(kind for kind in vars().values() if isinstance(kind, Kind))
