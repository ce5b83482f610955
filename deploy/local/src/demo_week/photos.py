"""Small photos: PNG files of one colour."""

import hashlib
import struct
import zlib

CONTENT_TYPE = "image/png"
_WIDTH, _HEIGHT = 64, 48


def photo(seed: str) -> bytes:
    """Returns a valid PNG picture that `seed` alone decides."""
    pixel = hashlib.sha256(seed.encode()).digest()[:3]
    rows = (b"\0" + pixel * _WIDTH) * _HEIGHT
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
