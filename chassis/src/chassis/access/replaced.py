"""What a phone that was replaced may still do: hand in what it had captured until then.

The phone's clock is taken at its word, so only what the phone dates itself may be handed in: a clock-in or a
check-in, which the server dates, would let the former phone work on for its person.
"""

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.access.caller import Caller
from chassis.errors import FieldProblem, InvalidFields

_CAPTURED = "captured_time"


def demand_captured_before(request: Message, caller: Caller) -> None:
    """Raise InvalidFields for what a replaced phone captured later, or does not date.

    Items inside a request, such as the points of a track, are the method's own to sort out.
    """
    if caller.captured_until is not None and _CAPTURED in request.DESCRIPTOR.fields_by_name:
        _demand_captured(request, caller.captured_until)


def _demand_captured(request: Message, until: float) -> None:
    captured: Timestamp | None = getattr(request, _CAPTURED) if request.HasField(_CAPTURED) else None
    if captured is None or captured.seconds + captured.nanos / 1e9 > until:
        problem = FieldProblem(
            "capturedTime",
            "CAPTURED_AFTER_REPLACEMENT",
            "must be there and lie before this phone was replaced",
            "必须填写,且不得晚于本手机被更换的时间",
        )
        raise InvalidFields(problem)
