"""Identity's own access token for calls to the other services: it signs one and needs no client."""

import threading
import time
from collections.abc import Iterable

from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.rules import ACCESS_TOKEN_LIFE
from gateway.identity.sessions.tokens import TokenSigner

CLIENT_ID = "identity"
_RENEW_SECONDS = ACCESS_TOKEN_LIFE.total_seconds() / 2


class OwnToken:
    def __init__(self, signer: TokenSigner, permissions: Iterable[str]) -> None:
        self._signer = signer
        self._permissions = frozenset(permissions)
        self._lock = threading.Lock()
        self._token = ""
        self._key_id = ""
        self._renew_at = 0.0

    def __call__(self) -> str:
        with self._lock:
            key_id = self._signer.key_id  # a token of a key that was withdrawn is refused everywhere
            if key_id != self._key_id or time.monotonic() >= self._renew_at:
                self._token = self._signer.for_client(CLIENT_ID, self._permissions, real_now())
                self._key_id = key_id
                self._renew_at = time.monotonic() + _RENEW_SECONDS
            return self._token
