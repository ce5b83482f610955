"""Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body, one for each secret that is good."""

import base64
import hmac
import secrets
from collections.abc import Iterable

SECRET_BYTES = 32
_PREFIX = "whsec_"


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """Return a secret as its receiver keeps it: `whsec_` and base64."""
    return _PREFIX + base64.b64encode(secret).decode()


def signatures(good: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the header `webhook-signature`: the receiver accepts when one of the signatures is right."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(secret, signed, "sha256") for secret in good)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
