"""ETags of resources that carry a version number, and the precondition made of one."""

import re

_ENTITY_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e]*"')
_ANY = "*"


class MalformedEtagError(ValueError):
    """Not the shape of an ETag: a client's mistake, unlike an ETag that no longer matches."""


def etag(version: int) -> str:
    """The strong ETag of a resource at `version`; within its resource every version has its own."""
    return f'"v{version}"'


def matches(tag: str, version: int) -> bool:
    """Whether a client that read `tag` has seen `version`; `*` matches whatever exists.

    A weak tag never matches: it promises less than a write needs. Raises MalformedEtagError.
    """
    if tag == _ANY:
        return True
    if not _ENTITY_TAG.fullmatch(tag):
        raise MalformedEtagError(tag)
    return tag == etag(version)
