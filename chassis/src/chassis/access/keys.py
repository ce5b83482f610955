"""The public keys that access tokens are signed with."""

import base64
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

REFRESH_SECONDS = 1.0
PATIENCE_SECONDS = 0.3
FOLLOW_SECONDS = 30.0

log = structlog.get_logger()


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
        self._stopped = threading.Event()
        if cache and cache.exists():
            self._read(cache)

    def key(self, kid: str) -> Ed25519PublicKey | None:
        """Return the key; asks identity about an unknown one, but not again within a second.

        The pause keeps forged key ids from turning every request into a call to identity.
        """
        found = self._keys.get(kid)
        if found is None:
            self.refresh()
            found = self._keys.get(kid)
        return found

    def holds(self, kid: str) -> bool:
        """Tell whether the key is good by what identity last said. Asks nobody."""
        return kid in self._keys

    def follow(self) -> threading.Thread:
        """Start the thread that forgets what identity has withdrawn. Call it after a fork, not before.

        A key that leaked signs whatever it is told: no token with an unknown key need ever come by.
        """
        thread = threading.Thread(target=self._follow, name="signing-keys", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._stopped.set()

    def known(self) -> bool:
        """Whether any key is known; asks identity when there is none."""
        return bool(self._keys) or self.refresh()

    def refresh(self) -> bool:
        """Ask identity for the keys unless that has just been done. Returns whether any key is known.

        One caller asks and the others wait for its answer, but no longer than `PATIENCE_SECONDS`: behind a
        hanging identity, tokens with forged key ids would stop every thread.
        """
        if self._lock.acquire(timeout=PATIENCE_SECONDS):
            try:
                if time.monotonic() - self._asked_at >= REFRESH_SECONDS:
                    self._ask()
                    self._asked_at = time.monotonic()
            finally:
                self._lock.release()
        return bool(self._keys)

    def _follow(self) -> None:
        self.refresh()  # those that were kept on disk may be withdrawn
        while not self._stopped.wait(FOLLOW_SECONDS):
            self.refresh()

    def _read(self, cache: Path) -> None:
        try:
            self._keys = _load(json.loads(cache.read_text()))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            # a power cut may leave half a file: identity is asked, as without one
            log.warning("kept signing keys not read", error=repr(error))

    def _ask(self) -> None:
        try:
            encoded = {kid: base64.b64encode(key).decode() for kid, key in self._fetch().items()}
            self._keys = _load(encoded)
        except Exception as error:  # noqa: BLE001 - identity is down: the keys known so far stay good
            log.warning("signing keys not fetched", error=str(error))
            return
        if self._cache:
            self._write(self._cache, json.dumps(encoded))

    def _write(self, cache: Path, content: str) -> None:
        draft = cache.with_suffix(f".{os.getpid()}")
        try:
            cache.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(content)
            draft.replace(cache)
        except OSError as error:  # a full disk costs the next restart, not this call
            log.warning("signing keys not kept", error=repr(error))


def _load(encoded: Mapping[str, str]) -> dict[str, Ed25519PublicKey]:
    return {kid: Ed25519PublicKey.from_public_bytes(base64.b64decode(key)) for kid, key in encoded.items()}
