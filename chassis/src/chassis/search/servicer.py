"""Answers SearchService for one service."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from journeyman.search.v1 import search_pb2 as pb

from chassis.access import RowScope
from chassis.search.names import Query
from chassis.server import Call

_DEFAULT_SIZE = 10
_MAX_SIZE = 50


class Found(NamedTuple):
    """One thing that was found: its id, its name, and what tells it from others of the name."""

    id: str
    title: str
    subtitle: str = ""


class SearchSource(Protocol):
    """One kind of thing that is found.

    Attributes:
        kind: its collection, such as `customers`.
        permission: what a caller needs to see any; without it they find none.
    """

    kind: str
    permission: str

    def find(self, call: Call, scope: RowScope, query: Query, limit: int) -> Sequence[Found]:
        """Return at most `limit` things in the scope of the caller's permission, best matches first."""


class SearchServicer:
    """Finds the things of this service that the caller may see."""

    contract = pb.DESCRIPTOR.services_by_name["SearchService"]

    def __init__(self, sources: Sequence[SearchSource]) -> None:
        self._sources = sources

    def search(self, request: pb.SearchRequest, call: Call) -> pb.SearchResponse:
        query = Query.of(request.query)
        limit = min(request.page_size or _DEFAULT_SIZE, _MAX_SIZE)
        sources = [source for source in self._sources if query.key and call.caller.may(source.permission)]
        return pb.SearchResponse(
            results=[
                _result(source, found)
                for source in sources
                for found in source.find(call, call.reach(source.permission), query, limit)
            ]
        )


def _result(source: SearchSource, found: Found) -> pb.SearchResult:
    return pb.SearchResult(
        resource=f"{source.kind}/{found.id}", kind=source.kind, title=found.title, subtitle=found.subtitle
    )
