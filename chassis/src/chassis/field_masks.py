"""Which fields an update changes, by the rules of AIP-134. Pure."""

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

_EVERYTHING = "*"


class FieldMaskError(ValueError):
    """The mask names a field that cannot be updated: `field` as the client wrote it, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def changed_fields(mask: FieldMask, message: Message, *, mutable: frozenset[str]) -> tuple[str, ...]:
    """The paths of `mutable` that an update with `mask` and `message` changes, each once, in sorted order.

    An empty mask means every mutable field that is set in `message`, `*` every mutable field; a masked
    field that is not set is cleared. Paths are `field` or `field.inner`; the parent of mutable inner
    fields stands for all of them. Raises FieldMaskError for an unknown path or one that is not mutable.
    """
    if not mask.paths:
        return tuple(path for path in sorted(mutable) if _is_set(message, path))
    if _EVERYTHING in mask.paths:
        if len(mask.paths) > 1:
            raise FieldMaskError(_EVERYTHING, "stands alone")
        return tuple(sorted(mutable))
    return tuple(sorted({named for path in mask.paths for named in _named(path, message, mutable)}))


def _named(path: str, message: Message, mutable: frozenset[str]) -> list[str]:
    if not _exists(path, message):
        raise FieldMaskError(path, "no such field")
    named = [each for each in mutable if each == path or each.startswith(f"{path}.")]
    if not named:
        raise FieldMaskError(path, "cannot be updated")
    return named


def _exists(path: str, message: Message) -> bool:
    name, dot, inner = path.partition(".")
    field = message.DESCRIPTOR.fields_by_name.get(name)
    if field is None or not dot:
        return field is not None
    return (
        field.message_type is not None
        and not field.is_repeated
        and inner in field.message_type.fields_by_name
    )


def _is_set(message: Message, path: str) -> bool:
    name, dot, inner = path.partition(".")
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.has_presence and not message.HasField(name):
        return False
    value = getattr(message, name)
    if dot:
        return _is_set(value, inner)
    return field.has_presence or bool(value)
