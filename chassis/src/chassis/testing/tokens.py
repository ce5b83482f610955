"""Access tokens for tests, signed with a key of their own."""

import time
import uuid
from collections.abc import Iterable, Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.access import KeyRing, Revocations, Scope, TokenVerifier
from chassis.access.tokens import ISSUER, TOKEN_TYPE


class TokenIssuer:
    """Signs tokens as identity does, and gives a verifier that accepts them."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.kid = uuid.uuid4().hex
        self.revocations = Revocations(dict)

    def verifier(self) -> TokenVerifier:
        return TokenVerifier(KeyRing(self.public_keys), self.revocations)

    def public_keys(self) -> dict[str, bytes]:
        """Return what identity would list."""
        return {self.kid: self._key.public_key().public_bytes_raw()}

    def token(
        self,
        *permissions: str,
        subject: str = "00000000-0000-7000-8000-000000000001",
        unit: str = "00000000-0000-7000-8000-0000000000aa",
        scope: Scope = Scope.ALL,
        person: bool = True,
        lifetime: float = 900,
        claims: Mapping[str, object] | None = None,
    ) -> str:
        """Return a token with one grant of these permission patterns; `claims` are added to it."""
        grant: dict[str, object] = {"permissions": list(permissions), "unit": unit, "scope": scope}
        return self.sign(subject, unit, [grant], person=person, lifetime=lifetime, claims=claims)

    def sign(
        self,
        subject: str,
        unit: str,
        grants: Iterable[dict[str, object]],
        *,
        person: bool = True,
        lifetime: float = 900,
        claims: Mapping[str, object] | None = None,
    ) -> str:
        """Return a token with several grants."""
        now = time.time()
        common = {
            "iss": ISSUER,
            "sub": subject,
            "kind": "person" if person else "client",
            "sid": str(uuid.uuid4()),
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + lifetime,
            "unit": unit if person else "",
            "grants": list(grants),
        }
        payload = {**common, **(claims or {})}
        return jwt.encode(payload, self._key, "EdDSA", headers={"kid": self.kid, "typ": TOKEN_TYPE})
