"""Request limits that hold over all replicas without asking Redis at every request.

A limiter leases a block of permits for a client and a minute, and asks again when the block is used up. It
remembers "exhausted" until the minute ends, so a client that keeps knocking costs nothing.
"""

import threading
import time
from collections.abc import Callable
from math import ceil
from typing import cast

import redis

WINDOW_SECONDS = 60
_BLOCKS_PER_LIMIT = 100  # a limit below 200 is counted one by one
_REDIS_PAUSE_SECONDS = 2.0


class _Bucket:
    __slots__ = ("allowance", "is_exhausted", "leased", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.allowance = 0
        self.leased = 0
        self.is_exhausted = False


class Limiter:
    """Counts requests of clients by minute. Without Redis each replica counts for itself."""

    def __init__(self, client: "redis.Redis", clock: Callable[[], float] = time.time) -> None:
        self._redis = client
        self._clock = clock
        self._redis_again_at = 0.0
        self._window: tuple[int, dict[str, _Bucket]] = (0, {})

    def take(self, client: str, limit: int) -> int:
        """Takes one of the `limit` permits of this minute: 0, or the seconds until there are new ones."""
        now = self._clock()
        window, buckets = self._current(int(now // WINDOW_SECONDS))
        bucket = buckets.get(client) or buckets.setdefault(client, _Bucket())
        with bucket.lock:
            if not bucket.allowance and not bucket.is_exhausted:
                self._refill(bucket, f"limit:{client}:{window}", limit)
            if bucket.allowance:
                bucket.allowance -= 1
                return 0
        return max(1, ceil((window + 1) * WINDOW_SECONDS - now))

    def give_back(self, client: str) -> None:
        """Returns a permit that was taken for something that does not count, for others of this minute."""
        bucket = self._current(int(self._clock() // WINDOW_SECONDS))[1].get(client)
        if bucket:
            with bucket.lock:
                bucket.allowance += 1

    def _current(self, window: int) -> tuple[int, dict[str, _Bucket]]:
        current = self._window
        if current[0] != window:
            current = self._window = (window, {})  # the buckets of the minute before are forgotten whole
        return current

    def _refill(self, bucket: _Bucket, key: str, limit: int) -> None:
        block = max(1, limit // _BLOCKS_PER_LIMIT)
        taken = self._lease(key, block)
        if taken is None:
            taken = bucket.leased + block
        bucket.allowance = max(0, min(block, limit - (taken - block)))
        bucket.leased += bucket.allowance
        bucket.is_exhausted = not bucket.allowance

    def _lease(self, key: str, block: int) -> int | None:
        """The permits that all replicas have leased, this block included; None while Redis is away."""
        if time.monotonic() < self._redis_again_at:
            return None
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.incrby(key, block)
                pipeline.expire(key, 2 * WINDOW_SECONDS)
                return cast("int", pipeline.execute()[0])
        except redis.RedisError:
            self._redis_again_at = time.monotonic() + _REDIS_PAUSE_SECONDS
            return None
