"""Verification of access tokens."""

import hashlib
import threading
import time
from collections import OrderedDict
from typing import Any

import jwt

from chassis.access.caller import Caller, Grant, Scope
from chassis.access.keys import KeyRing
from chassis.access.revocations import Revocations

ISSUER = "journeyman"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - the media type of RFC 9068, no secret
CLOCK_SKEW_SECONDS = 5
MAX_CACHED = 10_000


class InvalidToken(Exception):
    """The token is not ours, has expired or has been revoked. Which of them is not told to the caller."""


class KeysUnknown(InvalidToken):
    """No signing key has been seen yet: nobody can tell here whether the token is good."""


class TokenVerifier:
    """Turns bearer tokens into callers.

    A signature costs 0.3 ms to verify, so verified tokens are kept by their SHA-256; expiry, revocation and
    whether the key is still good are looked at on every call.
    """

    def __init__(self, keys: KeyRing, revocations: Revocations) -> None:
        self._keys = keys
        self._revocations = revocations
        self._known: OrderedDict[bytes, tuple[str, Caller]] = OrderedDict()
        self._lock = threading.Lock()

    def prepare(self) -> bool:
        """Ask for the signing keys before the first call needs them, and again and again from then on.

        Call it after a fork, not before. Returns whether any are known.
        """
        known = self._keys.refresh()
        self._keys.follow()
        return known

    def problem(self) -> str | None:
        """Say why no token can be verified here, or None."""
        return None if self._keys.known() else "signing keys not fetched"

    def verify(self, token: str) -> Caller:
        """Return the caller. Raises InvalidToken, KeysUnknown."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        found = self._known.get(digest)
        if found is None:
            found = self._decode(token)
            self._remember(digest, found)
        kid, caller = found
        if not self._keys.holds(kid):
            raise InvalidToken
        if caller.expires_at + CLOCK_SKEW_SECONDS < time.time() or self._revocations.refuse(caller):
            raise InvalidToken
        return caller

    def _remember(self, digest: bytes, found: tuple[str, Caller]) -> None:
        with self._lock:
            self._known[digest] = found
            while len(self._known) > MAX_CACHED:
                self._known.popitem(last=False)

    def _decode(self, token: str) -> tuple[str, Caller]:
        """Return the id of the key that the token was signed with, and the caller."""
        try:
            header = jwt.get_unverified_header(token)
            kid = str(header.get("kid"))
            key = self._keys.key(kid)
            if key is None and not self._keys.refresh():
                raise KeysUnknown
            if key is None or header.get("typ") != TOKEN_TYPE:
                raise InvalidToken
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                issuer=ISSUER,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iat", "sub"]},
            )
            return kid, _caller(claims)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
            raise InvalidToken from error


def _caller(claims: dict[str, Any]) -> Caller:
    return Caller(
        subject=claims["sub"],
        is_person=claims["kind"] == "person",
        session_id=claims.get("sid", ""),
        unit_id=claims["unit"],
        grants=tuple(
            Grant(frozenset(grant["permissions"]), grant["unit"], Scope(grant["scope"]))
            for grant in claims["grants"]
        ),
        issued_at=float(claims["iat"]),
        expires_at=float(claims["exp"]),
        device_id=claims.get("device", ""),
        captured_until=float(claims["captured_until"]) if "captured_until" in claims else None,
        password_change_required=bool(claims.get("password_change_required")),
    )
