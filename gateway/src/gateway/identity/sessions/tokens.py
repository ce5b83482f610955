"""Access tokens: Ed25519-signed JWTs that carry what their bearer may do."""

import uuid
from collections.abc import Iterable
from datetime import datetime

import jwt
from chassis.access.tokens import ISSUER, TOKEN_TYPE

from gateway.identity.devices.rules import Phone
from gateway.identity.roles.rules import Holding
from gateway.identity.sessions.rules import ACCESS_TOKEN_LIFE
from gateway.identity.sessions.signing_keys import SigningKey


class TokenSigner:
    def __init__(self, key: SigningKey) -> None:
        self._key = key

    @property
    def key_id(self) -> str:
        """The key that signs now."""
        return self._key.current()[0]

    def for_person(
        self,
        user_id: str,
        unit_id: str,
        session_id: str,
        holdings: Iterable[Holding],
        at: datetime,
        *,
        phone: Phone | None = None,
        must_change_password: bool = False,
    ) -> str:
        """Return a token of the person's session, from their phone where there is one."""
        claims: dict[str, object] = {"sub": user_id, "kind": "person", "sid": session_id, "unit": unit_id}
        if phone:
            claims["device"] = phone.device_id
        if phone and phone.replaced_at:
            claims["captured_until"] = phone.replaced_at.timestamp()
        if must_change_password:
            claims["password_change_required"] = True
        return self._sign(claims, holdings, at)

    def for_client(self, client_id: str, permissions: Iterable[str], at: datetime) -> str:
        """Return a token of the machine, whose permissions reach every row."""
        claims: dict[str, object] = {"sub": client_id, "kind": "client", "unit": ""}
        return self._sign(claims, [Holding(frozenset(permissions), "", "ALL")], at)

    def _sign(self, claims: dict[str, object], holdings: Iterable[Holding], at: datetime) -> str:
        kid, private = self._key.current()
        grants = [
            {"permissions": sorted(holding.permissions), "unit": holding.unit_id, "scope": holding.scope}
            for holding in holdings
        ]
        times = {"iat": at.timestamp(), "exp": (at + ACCESS_TOKEN_LIFE).timestamp()}
        common = {"iss": ISSUER, "jti": uuid.uuid4().hex, "grants": grants}
        payload = {**claims, **common, **times}
        return jwt.encode(payload, private, "EdDSA", headers={"kid": kid, "typ": TOKEN_TYPE})
