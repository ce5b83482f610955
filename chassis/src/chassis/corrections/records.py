"""What a service says about records that can be corrected."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from typing import Any, Protocol

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message
from sqlalchemy import ColumnElement, Connection

from chassis.errors import FieldProblem, InvalidFields
from chassis.server.call import Call
from chassis.validation import validate

Values = Mapping[str, Any]
"""JSON values by path of the field, as the record's own JSON has them."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is now.

    Attributes:
        unit_id: the unit that it belongs to.
        owner_id: the person whose record it is.
        is_free: whether its owner may still change it without asking.
        values: the fields that can be corrected.
    """

    id: str
    unit_id: str
    owner_id: str
    is_free: bool
    values: Values


class Correctable(Protocol):
    """One kind of record.

    Attributes:
        collection: where the records are, such as `visits`.
        permission: who may read them, such as `visits.read`: nobody sees a correction of a record that they
            may not read.
    """

    collection: str
    permission: str

    def lock(self, connection: Connection, record_id: str) -> Record | None:
        """Return a record, which nobody changes until the transaction ends."""

    def owner_of(self, record_id: "ColumnElement[str]") -> "ColumnElement[str]":
        """Return, as a subquery, whose record it is today: what `lock` gives as `owner_id`."""

    def read(self, values: Values) -> Values:
        """Return new values of known fields as the record's own JSON has them.

        Raises InvalidFields, naming the paths, for values that the fields would not take.
        """

    def correct(self, call: Call, record_id: str, values: Values) -> None:
        """Give the locked record these values and publish what others hear of it."""


def canonical(values: Values, into: Message) -> Values:
    """Return values by path (`checklist.exceptions`) as the JSON of the message has them, once validated.

    `into` is filled with them: what else its contract demands must be there. Raises InvalidFields.
    """
    for path, value in values.items():
        tree: Any = value
        for name in reversed(path.split(".")):
            tree = {name: tree}
        try:
            ParseDict(tree, into)
        except ParseError:
            raise InvalidFields(unreadable(path)) from None
    validate(into)
    whole = MessageToDict(into, always_print_fields_with_no_presence=True)
    return {path: reduce(getitem, path.split("."), whole) for path in values}


def unreadable(path: str) -> FieldProblem:
    return FieldProblem(path, "WRONG_TYPE", "is not a value of this field", "不是该字段的有效取值")
