"""Which method answers a URL: a tree of path segments, built from the contracts when the gateway starts.

A path variable matches neither `:` nor `/`, so `/v1/leads/abc:claim` is the verb `claim` on the lead `abc`
and never a lead called `abc:claim`.
"""

from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

Endpoint = TypeVar("Endpoint")


class AmbiguousRouteError(Exception):
    """Two methods claim the same URL; the gateway must not start."""


class Match(NamedTuple, Generic[Endpoint]):
    """What a path leads to: an endpoint for each HTTP method, and the values of its variables."""

    endpoints: dict[str, Endpoint]
    values: tuple[str, ...]


class _Node(Generic[Endpoint]):
    __slots__ = ("literals", "variable", "verbs")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[Endpoint]] = {}
        self.variable: _Node[Endpoint] | None = None
        self.verbs: dict[str, dict[str, Endpoint]] = {}


class RouteTree(Generic[Endpoint]):
    def __init__(self) -> None:
        self._root: _Node[Endpoint] = _Node()

    def add(self, http_method: str, template: str, endpoint: Endpoint) -> None:
        """Adds a URL such as `/v1/leads/{lead_id}:claim`. Raises AmbiguousRouteError."""
        path, verb = _split_verb(template)
        node = self._root
        for segment in path.strip("/").split("/"):
            node = _child(node, segment)
        endpoints = node.verbs.setdefault(verb, {})
        if http_method in endpoints:
            raise AmbiguousRouteError(http_method, template)
        endpoints[http_method] = endpoint

    def match(self, path: str) -> Match[Endpoint] | None:
        """What answers `path`; None when nothing does, whatever the HTTP method."""
        if not path.startswith("/"):
            return None
        path, verb = _split_verb(path)
        return _search(self._root, path[1:].split("/"), 0, verb, ())


def variables(template: str) -> list[str]:
    """The field paths that the variables of a template fill, in order: `{customer.id}` is `customer.id`."""
    segments = _split_verb(template)[0].split("/")
    return [segment[1:-1] for segment in segments if segment.startswith("{")]


def _split_verb(path: str) -> tuple[str, str]:
    """The path, and what follows the first colon of its last segment, colon included."""
    colon = path.find(":", path.rfind("/"))
    return (path, "") if colon < 0 else (path[:colon], path[colon:])


def _child(node: _Node[Endpoint], segment: str) -> _Node[Endpoint]:
    if not segment.startswith("{"):
        return node.literals.setdefault(segment, _Node())
    if node.variable is None:
        node.variable = _Node()
    return node.variable


def _search(
    node: _Node[Endpoint], segments: list[str], at: int, verb: str, values: tuple[str, ...]
) -> Match[Endpoint] | None:
    if at == len(segments):
        endpoints = node.verbs.get(verb)
        return Match(endpoints, values) if endpoints else None
    segment = segments[at]
    if (literal := node.literals.get(segment)) and (
        found := _search(literal, segments, at + 1, verb, values)
    ):
        return found
    if node.variable is None or not segment or ":" in segment:
        return None
    return _search(node.variable, segments, at + 1, verb, (*values, segment))


def describe_methods(endpoints: Iterable[str]) -> str:
    """The `Allow` header for the HTTP methods of a path."""
    allowed = {"OPTIONS", *endpoints}
    if "GET" in allowed:
        allowed.add("HEAD")
    return ", ".join(sorted(allowed))
