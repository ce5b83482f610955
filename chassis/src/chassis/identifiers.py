"""UUIDv7 ids, made in the application so that a row's id is known before it is written."""

import secrets
import time
import uuid


def new_id() -> str:
    """Return a new UUIDv7: 48 bits of milliseconds, then random, so that indexes grow at their end."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = milliseconds << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return str(uuid.UUID(int=value))
