"""The public keys that access tokens are signed with."""

import base64
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

REFRESH_SECONDS = 3.0


class KeyRing:
    """Signing keys by key id, kept on disk so that a service restarts while identity is down.

    Args:
        fetch: asks identity for the raw public keys by key id; may raise.
        cache: file that keeps the last answer; None keeps nothing.
    """

    def __init__(self, fetch: Callable[[], Mapping[str, bytes]], cache: Path | None = None) -> None:
        self._fetch = fetch
        self._cache = cache
        self._lock = threading.Lock()
        self._asked_at = -REFRESH_SECONDS
        self._keys: dict[str, Ed25519PublicKey] = {}
        if cache and cache.exists():
            self._keys = _load(json.loads(cache.read_text()))

    def key(self, kid: str) -> Ed25519PublicKey | None:
        """Return the key; asks identity about an unknown one, but not again within three seconds.

        The pause keeps forged key ids from turning every request into a call to identity.
        """
        found = self._keys.get(kid)
        if found is None:
            self.refresh()
            found = self._keys.get(kid)
        return found

    def refresh(self) -> bool:
        """Ask identity for the keys unless that has just been done. Returns whether any key is known."""
        with self._lock:
            if time.monotonic() - self._asked_at >= REFRESH_SECONDS:
                self._asked_at = time.monotonic()
                self._ask()
            return bool(self._keys)

    def _ask(self) -> None:
        try:
            raw = self._fetch()
        except Exception:  # noqa: BLE001 - identity is down: the keys known so far stay good
            return
        encoded = {kid: base64.b64encode(key).decode() for kid, key in raw.items()}
        self._keys = _load(encoded)
        if self._cache:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            draft = self._cache.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(encoded))
            draft.replace(self._cache)


def _load(encoded: Mapping[str, str]) -> dict[str, Ed25519PublicKey]:
    return {kid: Ed25519PublicKey.from_public_bytes(base64.b64decode(key)) for kid, key in encoded.items()}
