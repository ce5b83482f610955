"""Headers of every answer: what browsers may do with it, and which pages may read it."""

from collections.abc import Iterable

from gateway.incoming import Answer, Incoming

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_HSTS = {"Strict-Transport-Security": "max-age=31536000"}
_EXPOSED = "ETag, Retry-After, X-Request-Id"
_ALLOWED = (
    "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent, "
    "X-Request-Id"
)


class ResponseHeaders:
    def __init__(self, cors_origins: Iterable[str]) -> None:
        self._origins = frozenset(cors_origins)

    def of(self, incoming: Incoming, answer: Answer) -> dict[str, str]:
        headers = {**_ALWAYS, "X-Request-Id": incoming.request_id, **answer.headers}
        if incoming.is_https:
            headers |= _HSTS
        if self._origins:
            headers |= self._cross_origin(incoming, answer)
        return headers

    def _cross_origin(self, incoming: Incoming, answer: Answer) -> dict[str, str]:
        origin = incoming.header("HTTP_ORIGIN")
        if origin not in self._origins:
            return {"Vary": "Origin"}
        headers = {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": _EXPOSED,
        }
        if incoming.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = answer.headers.get("Allow", "")
            headers["Access-Control-Allow-Headers"] = _ALLOWED
            headers["Access-Control-Max-Age"] = "600"
        return headers
