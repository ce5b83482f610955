"""Keyset paging: a page token holds the sort key of the last row, sealed to the list that gave it."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from google.protobuf.message import Message

from chassis.errors import FieldProblem, InvalidFields

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Page:
    """What a list was asked for: how many rows, and the sort key to go on behind (None: from the start)."""

    size: int
    after: tuple[str | int | float | None, ...] | None
    seal: str

    def key(self, *readers: Callable[[Any], Any]) -> tuple[Any, ...] | None:
        """Return the sort key to go on behind, each value read by its reader, such as `date.fromisoformat`.

        Raises InvalidFields for what no row can have: the seal finds a stale token, not a forged one, and the
        database would fail over its values.
        """
        if self.after is None:
            return None
        try:
            return tuple(read(value) for read, value in zip(readers, self.after, strict=True))
        except (ValueError, TypeError, AttributeError, OverflowError):
            raise foreign_token() from None

    def cut(
        self, rows: Sequence[_Row], key: Callable[[_Row], tuple[str | int | float | None, ...]]
    ) -> tuple[Sequence[_Row], str]:
        """Return the rows of the page, and the token of the next one, an empty string on the last page.

        Args:
            rows: those of the page and one more, which tells that there is another page.
            key: returns the sort key of a row.
        """
        shown = rows[: self.size]
        return shown, self.token(key(shown[-1])) if len(rows) > len(shown) else ""

    def token(self, key: tuple[str | int | float | None, ...]) -> str:
        """Return the token of the page behind the row with this sort key."""
        return base64.urlsafe_b64encode(orjson.dumps([self.seal, *key])).rstrip(b"=").decode()


def page_of(
    request: Message, *, default: int = DEFAULT_PAGE_SIZE, largest: int = MAX_PAGE_SIZE, keys: int = 2
) -> Page:
    """Read `page_size` and `page_token` of a List request.

    Args:
        request: the request; every other field of it is sealed into the token.
        default: rows when the client names none.
        largest: most rows; more are read as this many.
        keys: how many values the list's sort key has.

    Raises InvalidFields for a token that this list, with these filters, has not given.
    """
    seal = _seal(request)
    size = min(getattr(request, "page_size", 0) or default, largest)
    token: str = getattr(request, "page_token", "")
    return Page(size, _open(token, seal, keys) if token else None, seal)


def _seal(request: Message) -> str:
    filters = type(request)()
    filters.CopyFrom(request)
    filters.ClearField("page_token")
    filters.ClearField("page_size")
    name = request.DESCRIPTOR.full_name.encode()
    return hashlib.sha256(name + filters.SerializeToString(deterministic=True)).hexdigest()[:12]


def _open(token: str, seal: str, keys: int) -> tuple[str | int | float | None, ...]:
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        found, *key = orjson.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, TypeError):
        raise foreign_token() from None
    scalars = all(value is None or isinstance(value, str | int | float) for value in key)
    if found != seal or len(key) != keys or not scalars:
        raise foreign_token()
    return tuple(key)


def foreign_token() -> InvalidFields:
    """Return what refuses a page token that the list has not given."""
    return InvalidFields(
        FieldProblem(
            "pageToken",
            "FOREIGN_PAGE_TOKEN",
            "is not a token of this list with these filters; start again without it",
            "不是此列表(及筛选条件)的分页令牌,请从第一页开始",
        )
    )
