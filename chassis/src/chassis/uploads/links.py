"""Links that carry their own permission: what is allowed, signed with the key of the files process."""

import base64
import binascii
import hashlib
import hmac
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson

LINK_LIFE = timedelta(hours=1)

_PURPOSE = b"journeyman upload link 1\n"  # the same key signing something else makes no valid link
_KEY_BYTES = 32
_LONGEST_TOKEN = 4096


class LinkRefusedError(Exception):
    """The link is forged, damaged or expired; which of them is nobody's business who holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a link allows: `method` on one object, until `expires` (seconds since 1970, real clock).

    An upload may bring at most `max_bytes` of `content_type`, which may be a range such as `image/*`; a
    download is served as `content_type`.
    """

    object_key: str
    method: Literal["PUT", "GET"]
    max_bytes: int
    content_type: str
    expires: int


def sign(key: bytes, claims: Claims) -> str:
    """The url-safe token of `claims`."""
    payload = _encode(orjson.dumps(asdict(claims)))
    return f"{payload}.{_encode(_signature(key, payload))}"


def verify(key: bytes, token: str) -> Claims:
    """The claims of a token signed with `key` and still valid; raises LinkRefusedError otherwise."""
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        raise LinkRefusedError
    payload, _, signature = token.partition(".")
    if not hmac.compare_digest(signature, _encode(_signature(key, payload))):
        raise LinkRefusedError
    claims = Claims(**_decode(payload))
    if claims.expires <= time.time():
        raise LinkRefusedError
    return claims


class LinkSigner:
    """Makes links to the files process at `url`, signed with its `key`. They live by the real clock."""

    def __init__(self, url: str, key: bytes) -> None:
        self._objects = f"{url.rstrip('/')}/objects"
        self._key = key

    def upload(self, object_key: str, max_bytes: int, content_type: str, expires: datetime) -> str:
        """A link to PUT an object of at most this size to, good until `expires`."""
        claims = Claims(
            object_key=object_key,
            method="PUT",
            max_bytes=max_bytes,
            content_type=content_type,
            expires=int(expires.timestamp()),
        )
        return self._link(claims)

    def download(self, object_key: str, content_type: str) -> str:
        """A link to the object, served as `content_type`, good for an hour."""
        expires = int((datetime.now(UTC) + LINK_LIFE).timestamp())
        claims = Claims(
            object_key=object_key, method="GET", max_bytes=0, content_type=content_type, expires=expires
        )
        return self._link(claims)

    def _link(self, claims: Claims) -> str:
        return f"{self._objects}/{sign(self._key, claims)}"


def key_from_text(text: str) -> bytes:
    """The signing key from its base64 text; raises ValueError unless it is 32 bytes."""
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("the key that signs links is not base64") from error
    if len(key) != _KEY_BYTES:
        raise ValueError(f"the key that signs links has {len(key)} bytes in place of {_KEY_BYTES}")
    return key


def _signature(key: bytes, payload: str) -> bytes:
    return hmac.digest(key, _PURPOSE + payload.encode("ascii"), hashlib.sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(payload: str) -> dict[str, Any]:
    claims: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
