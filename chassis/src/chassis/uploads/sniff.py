"""The kind of a file by its first bytes: what a client says about it is only a claim."""

import codecs
from fnmatch import fnmatchcase

HEAD_BYTES = 512

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
)
_TEXT_CONTROLS = frozenset(b"\t\n\r\f")
_SPACE = 0x20


def content_type(head: bytes) -> str | None:
    """The media type of a file that begins with `head` (up to HEAD_BYTES); None for an unknown kind.

    Any text is "text/csv", the only kind of text taken in.
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return "text/csv" if _is_text(head) else None


def is_a(head: bytes, kind: str) -> bool:
    """Whether a file that begins with `head` is of `kind`: a media type, or a range such as "image/*"."""
    return fnmatchcase(content_type(head) or "", kind)


def _is_text(head: bytes) -> bool:
    if any(byte < _SPACE and byte not in _TEXT_CONTROLS for byte in head):
        return False
    return _decodes(head, "utf-8") or _decodes(head, "gb18030")


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(
            head
        )  # incremental: the head may end inside a character
    except UnicodeDecodeError:
        return False
    return True
