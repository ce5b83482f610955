"""One answer out of several of one type."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from chassis.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from google.protobuf.descriptor import Descriptor
from google.protobuf.message_factory import GetMessageClass

from gateway.contracts import message_type


class NotGatherableError(Exception):
    """Answers of this type cannot be put together; the gateway must not start."""


class Merge:
    """Puts answers together.

    Items with a `sort_key` make one page in its order; others stand in the order of the answers.
    """

    def __init__(self, answer: Descriptor) -> None:
        self._answer: Any = GetMessageClass(answer)
        lists = [field for field in answer.fields if field.is_repeated and field.message_type]
        if len(lists) != 1 or "unavailable_services" not in answer.fields_by_name:
            raise NotGatherableError(answer.full_name)
        self._list = lists[0].name
        self._paged = "sort_key" in message_type(lists[0]).fields_by_name

    def __call__(self, answers: Iterable[bytes], page_size: int, away: Iterable[str]) -> bytes:
        """The wire bytes of the whole. `away` are the services whose answer is missing."""
        found = [self._answer.FromString(answer) for answer in answers]
        merged = self._answer(unavailable_services=away)
        items = [item for answer in found for item in self._items(answer)]
        if self._paged:
            size = min(page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
            items, merged.next_page_token = _page(items, self._ends(found), size)
        self._items(merged).extend(items)
        wire: bytes = merged.SerializeToString()
        return wire

    def _items(self, answer: Any) -> Any:
        return getattr(answer, self._list)

    def _ends(self, answers: Iterable[Any]) -> list[str]:
        """Where the answers that are not all there is leave off."""
        unfinished = [answer for answer in answers if answer.next_page_token and self._items(answer)]
        return [self._items(answer)[-1].sort_key for answer in unfinished]


def _page(items: Iterable[Any], ends: Sequence[str], size: int) -> tuple[list[Any], str]:
    """The first items, and the token of what follows; empty: nothing does.

    Behind the first of the ends an item may be missing that stands before the others.
    """
    known = sorted(
        (item for item in items if not ends or item.sort_key <= min(ends)), key=attrgetter("sort_key")
    )
    shown = known[:size]
    return shown, shown[-1].sort_key if ends or len(known) > size else ""
