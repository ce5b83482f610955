"""Why a row is refused that is no customer."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import ErrorKind, ErrorTable, InvalidFields, Language
from chassis.imports import rejects
from chassis.imports.rejects import Reject
from chassis.imports.rules import FieldNotFilled
from chassis.tabular.errors import RowError

from customer.imports.rules import ColumnMapping, NotDegrees, ValueUnknown


@dataclass(frozen=True, slots=True)
class _Words:
    reason: str
    english: str
    chinese: str

    def reject(self, column: str, language: Language) -> Reject:
        return Reject(self.reason, column, self.chinese if language == "zh" else self.english)


_VALUE_UNKNOWN = _Words("VALUE_UNKNOWN", "the mapping does not know this value", "列映射中没有该取值")
_NOT_DEGREES = _Words("NOT_DEGREES", "is not a number of degrees", "不是有效的经纬度数字")
_HALF_PLACE = _Words("POSITION_INCOMPLETE", "latitude and longitude come together", "经度和纬度必须同时填写")
_DUPLICATE = _Words(
    "DUPLICATE",
    "a customer with this name, address and place is in the unit already",
    "该组织单元内已有同名、同地址、同位置的客户",
)


def duplicate(language: Language) -> Reject:
    return _DUPLICATE.reject("", language)


def rejects_of(
    error: Exception, mappings: Sequence[ColumnMapping], errors: ErrorTable, language: Language
) -> list[Reject]:
    """Return what is wrong with the row that raised `error`; raises it again when it is not the row's."""
    columns = rejects.columns_of(mappings)
    match error:
        case RowError():
            return [rejects.of_row(error, language)]
        case ValueUnknown():
            return [_VALUE_UNKNOWN.reject(error.column, language)]
        case NotDegrees():
            return [_NOT_DEGREES.reject(columns[error.field], language)]
        case FieldNotFilled():
            return [_HALF_PLACE.reject(columns[error.field], language)]
        case InvalidFields():
            return rejects.of_fields(error, columns, language)
        case _ if type(error) in errors:
            return [_of_kind(errors[type(error)], columns, language)]
        case _:
            raise error


def _of_kind(kind: ErrorKind, columns: dict[str, str], language: Language) -> Reject:
    """Say of a unit or an owner that it is not there; the reason says which of them."""
    field = "unit_id" if kind.reason in ("UNIT_CLOSED", "UNIT_NOT_FOUND") else "owner_id"
    return Reject(kind.reason, columns.get(field, ""), kind.words(language, {}))
