"""Turns notices into words for one reader."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.access import RowScope
from chassis.errors import Language
from sqlalchemy import Connection, Row, select

from gateway.identity.notices.templates import CODES, TEMPLATES, UNKNOWN, Template
from gateway.identity.org_units import store as org_units
from gateway.identity.org_units.tables import org_units as unit_table
from gateway.identity.users import store as users
from gateway.identity.users.tables import users as user_table

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CODED = frozenset({"kind", "reason", "step"})
_A_COLLEAGUE = ("a colleague", "同事")
_ANOTHER_UNIT = ("another unit", "其他单元")


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Names:
    """The names of people and units that a reader may see, by id."""

    users: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and how far they see."""

    user_id: str
    unit_id: str
    people: RowScope
    units: RowScope


def names_for(connection: Connection, reader: Reader, parameters: Iterable[Mapping[str, str]]) -> Names:
    """Return the names that the parameters of some notices ask for, as far as the reader sees them."""
    given = [item for each in parameters for item in each.items()]
    people = users.in_scope(reader.people) | (user_table.c.id == reader.user_id)
    units = org_units.in_scope(reader.units, reader.unit_id)
    return Names(
        users=_names(connection, user_table, _ids(given, "user"), people),
        units=_names(connection, unit_table, _ids(given, "unit"), units),
    )


def words(notice: Any, names: Names, language: Language) -> Words:
    """Say a notice, by its `template` and `parameters`, in a language; neutrally what cannot be said."""
    found = TEMPLATES.get(notice.template, UNKNOWN)
    place = 1 if language == "zh" else 0
    values = {name: _said(name, value, names, place) for name, value in notice.parameters.items()}
    try:
        return _filled(found, language, values)
    except (KeyError, IndexError, ValueError):
        return _filled(UNKNOWN, language, {})


def seen(parameters: Mapping[str, str], names: Names) -> dict[str, str]:
    """Return the parameters without the people and units that the reader does not see: ids name them too."""
    unseen = {
        name
        for name, value in parameters.items()
        if (_names_a(name, "user") and value not in names.users)
        or (_names_a(name, "unit") and value not in names.units)
    }
    return {name: value for name, value in parameters.items() if name not in unseen}


def urgent(template: str) -> bool:
    return protects(template) or TEMPLATES.get(template, UNKNOWN).urgent


def protects(template: str) -> bool:
    return TEMPLATES.get(template, UNKNOWN).protects


def _filled(template: Template, language: Language, values: Mapping[str, str]) -> Words:
    title, text = template.chinese if language == "zh" else template.english
    return Words(title.format_map(values), text.format_map(values))


def _said(name: str, value: str, names: Names, place: int) -> str:
    if _names_a(name, "user"):
        return names.users.get(value, _A_COLLEAGUE[place])
    if _names_a(name, "unit"):
        return names.units.get(value, _ANOTHER_UNIT[place])
    return CODES[value][place] if name in _CODED and value in CODES else value


def _names_a(name: str, what: str) -> bool:
    return name == what or name.endswith(f"_{what}")


def _ids(given: Sequence[tuple[str, str]], what: str) -> list[str]:
    return sorted({value for name, value in given if _names_a(name, what) and _ID.fullmatch(value)})


def _names(connection: Connection, table: Any, ids: Sequence[str], visible: Any) -> dict[str, str]:
    if not ids:
        return {}
    query = select(table.c.id, table.c.display_name).where(table.c.id.in_(ids), visible)
    rows: Sequence[Row[Any]] = connection.execute(query).all()
    return {row.id: row.display_name for row in rows}
