"""Speaks with the company's identity provider: OpenID Connect, authorization code flow with PKCE."""

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
from chassis.errors import Unavailable
from pydantic import BaseModel, ValidationError

from gateway.identity.oidc.rules import Begun, OidcRefused

TIMEOUT_SECONDS = 5.0
# A provider that hangs must not hold every thread: people with a password come in meanwhile.
AT_ONCE = 4
WAIT_SECONDS = 0.5
_FRESH_SECONDS = 3600.0
_LEEWAY_SECONDS = 60
# Never those with a shared secret: whoever can read the settings could sign in as anybody.
_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
_REQUIRED = ("iss", "sub", "aud", "exp", "iat", "nonce")
_DISCOVERY = "/.well-known/openid-configuration"


class _Endpoints(BaseModel):
    """What the provider's discovery document says, as far as it is needed."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class Registration:
    """The platform as the provider knows it."""

    issuer: str
    client_id: str
    client_secret: str


class Provider:
    """An identity provider. Safe from all threads; asked for nothing before somebody signs in."""

    def __init__(self, registration: Registration) -> None:
        self.issuer = registration.issuer
        self._registration = registration
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._known: tuple[_Endpoints, jwt.PyJWKClient] | None = None
        self._known_until = 0.0

    def authorization_url(self, state: str, begun: Begun) -> str:
        """Return where the browser signs in. Raises Unavailable."""
        with self._turn():
            endpoints, _ = self._discovered()
        challenge = hashlib.sha256(begun.code_verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._registration.client_id,
            "redirect_uri": begun.redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "nonce": begun.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in endpoints.authorization_endpoint else "?"
        return f"{endpoints.authorization_endpoint}{joint}{urlencode(query)}"

    def claims(self, code: str, begun: Begun) -> Mapping[str, Any]:
        """Return what the provider says of the person for a code. Raises OidcRefused, Unavailable."""
        with self._turn():
            return self._exchanged(code, begun)

    def _exchanged(self, code: str, begun: Begun) -> Mapping[str, Any]:
        endpoints, keys = self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect_uri,
            "code_verifier": begun.code_verifier,
        }
        login = (self._registration.client_id, self._registration.client_secret)
        answer = self._ask("POST", endpoints.token_endpoint, data=form, auth=login)
        if answer.is_client_error:
            raise OidcRefused
        id_token = _object(answer).get("id_token")
        return self._verified(str(id_token), keys, begun.nonce)

    def _verified(self, id_token: str, keys: jwt.PyJWKClient, nonce: str) -> Mapping[str, Any]:
        try:
            key = keys.get_signing_key_from_jwt(id_token)
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=_ALGORITHMS,
                audience=self._registration.client_id,
                issuer=self.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": list(_REQUIRED)},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise Unavailable from error
        except jwt.PyJWTError as error:
            raise OidcRefused from error
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise OidcRefused
        if claims.get("azp", self._registration.client_id) != self._registration.client_id:
            raise OidcRefused
        return claims

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=WAIT_SECONDS):
            raise Unavailable
        try:
            yield
        finally:
            self._turns.release()

    def _discovered(self) -> tuple[_Endpoints, jwt.PyJWKClient]:
        with self._lock:
            if self._known is None or time.monotonic() > self._known_until:
                self._known = self._discover()
                self._known_until = time.monotonic() + _FRESH_SECONDS
            return self._known

    def _discover(self) -> tuple[_Endpoints, jwt.PyJWKClient]:
        answer = self._ask("GET", self.issuer.rstrip("/") + _DISCOVERY)
        try:
            endpoints = _Endpoints.model_validate(_object(answer))
        except ValidationError as error:
            raise Unavailable from error
        if endpoints.issuer != self.issuer:  # another provider's document would vouch for its own people
            raise Unavailable
        return endpoints, jwt.PyJWKClient(endpoints.jwks_uri, timeout=TIMEOUT_SECONDS)

    def _ask(self, method: str, url: str, **fields: Any) -> httpx.Response:
        try:
            answer = httpx.request(method, url, timeout=TIMEOUT_SECONDS, **fields)
        except httpx.HTTPError as error:
            raise Unavailable from error
        if answer.is_server_error or answer.is_redirect:
            raise Unavailable
        return answer


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise Unavailable from error
    if not isinstance(found, dict):
        raise Unavailable
    return found
