"""The table of event types in docs/events.md, from the comments of the contracts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TYPE = re.compile(r"`(journeyman\.[a-z_<>]+\.[a-z_]+\.[a-z_]+\.v\d+)`")
BEGIN = "<!-- generated: event types -->\n"
END = "<!-- end of what is generated -->\n"


class EventType(NamedTuple):
    """One type of event, and the message that it carries."""

    type: str
    message: str
    meaning: str


def event_types(root: Path) -> list[EventType]:
    """Return the types that the comments of the messages in `events.proto` files name."""
    comments = json.loads((root / "gateway/src/gateway/comments.json").read_text(encoding="utf-8"))
    return sorted(found for message, comment in comments.items() for found in _types(message, comment))


def _types(message: str, comment: str) -> Iterator[EventType]:
    meaning = " ".join(comment.split()).partition(":")[0]
    for found in TYPE.finditer(comment):
        yield EventType(found.group(1), message, meaning)


def page(root: Path) -> str:
    """Return docs/events.md with a current table; what is written by hand stays."""
    before, _, rest = (root / "docs/events.md").read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [f"| `{row.type}` | `{row.message}` | {row.meaning} |\n" for row in _public(root)]
    table = "".join(["| Type | Message | Meaning |\n|---|---|---|\n", *rows])
    return f"{before}{BEGIN}{table}{END}{after}"


def _public(root: Path) -> list[EventType]:
    return [row for row in event_types(root) if row.message.split(".")[-2] == "v1"]
