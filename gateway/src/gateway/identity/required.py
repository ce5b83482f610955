"""Fields that a request needs although its message does not say so: it serves other requests too."""

from chassis.errors import FieldProblem, InvalidFields
from google.protobuf.message import Message


def demand(message: Message, *fields: str, inside: str) -> None:
    """Raise InvalidFields naming each of the fields that is empty. `inside` is the path of the message."""
    missing = [field for field in fields if not getattr(message, field)]
    if missing:
        raise InvalidFields(*[required(f"{inside}.{_json_name(message, field)}") for field in missing])


def _json_name(message: Message, field: str) -> str:
    return str(message.DESCRIPTOR.fields_by_name[field].json_name)


def required(path: str) -> FieldProblem:
    """Return what is told of a field that is empty."""
    return FieldProblem(path, "REQUIRED", "value is required", "必填")
