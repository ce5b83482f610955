"""UUIDv7 ids, made in the application so that a row's id is known before it is written."""

import os
import time

_PIECE = 16
_PIECES = 256
_TWO_BITS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))

_pieces: list[str] = []
os.register_at_fork(after_in_child=_pieces.clear)  # else a child's ids would be its parent's


def new_id() -> str:
    """Return a new UUIDv7: 48 bits of milliseconds, then random, so that indexes grow at their end."""
    moment, random = f"{time.time_ns() // 1_000_000:012x}", random_hex()
    variant = _TWO_BITS[random[18]]
    return f"{moment[:8]}-{moment[8:]}-7{random[:3]}-{variant}{random[3:6]}-{random[6:18]}"


def random_hex() -> str:
    """Return 32 hexadecimal digits, 16 random bytes: for ids that differ, not for secrets.

    The system is asked for 4 KiB at a time: each call to it lets another thread take the interpreter, which
    costs more than the call.
    """
    while True:
        try:
            return _pieces.pop()  # in one step: two threads never get the same
        except IndexError:
            digits = os.urandom(_PIECE * _PIECES).hex()
            width = 2 * _PIECE
            _pieces.extend([digits[start : start + width] for start in range(0, len(digits), width)])
