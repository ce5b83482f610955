"""Tokens that are refused before they expire."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import cast

import redis
import structlog

from chassis.access.caller import Caller

STREAM = "journeyman.revocations"
TOKEN_LIFE_SECONDS = 15 * 60
REBUILD_PAUSE_SECONDS = 2.0
BLOCK_MILLISECONDS = 1000
SKEW_SECONDS = 60  # between the clocks of the processes and that of Redis

_Entry = tuple[bytes, dict[bytes, bytes]]

log = structlog.get_logger()


class Revocations:
    """Sessions and people whose tokens are refused, held in memory.

    Identity's database is the truth (`rebuild`, asked until it answers); the Redis stream brings news within
    a millisecond. While Redis is away, the list is rebuilt from identity every two seconds.
    """

    def __init__(self, rebuild: Callable[[], Mapping[str, float]]) -> None:
        self._rebuild = rebuild
        self._refused: dict[str, float] = {}
        self._adding = threading.Lock()
        self._stopped = threading.Event()

    def refuse(self, caller: Caller) -> bool:
        """Tell whether the caller's session or person was revoked after the token was issued."""
        for key in (caller.session_id, caller.subject):
            if key and caller.issued_at <= self._refused.get(key, -1.0):
                return True
        return False

    def add(self, key: str, issued_before: float) -> None:
        """Refuse tokens of the session or person `key` issued at `issued_before` (Unix seconds) or before."""
        with self._adding:
            self._refused[key] = max(issued_before, self._refused.get(key, -1.0))
            if len(self._refused) % 1000 == 0:
                self._prune()

    def _prune(self) -> None:
        oldest = time.time() - TOKEN_LIFE_SECONDS - SKEW_SECONDS
        for key in [key for key, moment in self._refused.items() if moment < oldest]:
            del self._refused[key]

    def follow(self, client: "redis.Redis") -> threading.Thread:
        """Start the thread that keeps the list current. Call it after a fork, not before."""
        thread = threading.Thread(target=self._follow, args=(client,), name="revocations", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._stopped.set()

    def _follow(self, client: "redis.Redis") -> None:
        last: str | None = None
        loaded = False
        while not self._stopped.is_set():
            try:
                if last is None:
                    last, loaded = self._recent(client), False
                # Identity may have been down: the stream tells nothing of what was revoked before.
                loaded = loaded or self._load()
                last = self._read(client, last)
            except redis.RedisError:
                last = None
                self._load()
                self._stopped.wait(REBUILD_PAUSE_SECONDS)

    def _recent(self, client: "redis.Redis") -> str:
        """Take what the stream has that can still matter, and return the id to go on from.

        Identity may be down when a process starts: the stream knows of the tokens that are still alive.
        """
        since = int((time.time() - TOKEN_LIFE_SECONDS - SKEW_SECONDS) * 1000)
        entries = cast("list[_Entry]", client.xrange(STREAM, min=str(since)))
        for _, fields in entries:
            self._take(fields)
        return entries[-1][0].decode() if entries else _newest(client)

    def _read(self, client: "redis.Redis", last: str) -> str | None:
        """Take what is new and return its last id, or None when the stream is another than before.

        A Redis that lost its data may give ids below the last one, and these would never be read.
        """
        answer = cast(
            "list[tuple[bytes, list[_Entry]]]",
            client.xread({STREAM: last}, block=BLOCK_MILLISECONDS, count=500),
        )
        for _, entries in answer or []:
            for entry_id, fields in entries:
                last = entry_id.decode()
                self._take(fields)
        return last if answer or _newest(client) == last else None

    def _take(self, fields: Mapping[bytes, bytes]) -> None:
        try:
            self.add(fields[b"key"].decode(), float(fields[b"issued_before"]))
        except (KeyError, ValueError) as error:  # one bad entry must not end the following of good ones
            log.warning("revocation not understood", error=repr(error))

    def _load(self) -> bool:
        try:
            for key, moment in self._rebuild().items():
                self.add(key, moment)
        except Exception as error:  # noqa: BLE001 - identity is down: what is known stays refused
            log.warning("revocations not rebuilt", error=str(error))
            return False
        return True


def _newest(client: "redis.Redis") -> str:
    entries = cast("list[tuple[bytes, object]]", client.xrevrange(STREAM, count=1))
    return entries[0][0].decode() if entries else "0-0"
