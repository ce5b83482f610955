"""Validation of requests by the rules in the contracts, with words in two languages."""

import re
from collections.abc import Iterator
from typing import Any

import protovalidate
from google.protobuf.message import Message

from chassis.errors import FieldProblem, InvalidFields
from chassis.pattern_words import WORDS
from chassis.storable import unstorable

_NUMBER = re.compile(r"\d+")

# What protovalidate's rules mean in Chinese; {n} is the number in the English message.
CHINESE = {
    "required": "必填",
    "string.min_len": "至少 {n} 个字符",
    "string.max_len": "最多 {n} 个字符",
    "string.len": "必须为 {n} 个字符",
    "string.uuid": "必须是有效的 UUID",
    "string.uuid_empty": "必须是有效的 UUID",
    "string.pattern": "格式不正确",
    "string.email": "不是有效的邮箱地址",
    "string.in": "不在允许的取值范围内",
    "string.civil_date": "日期格式应为 YYYY-MM-DD",
    "string.wall_clock": "时间格式应为 HH:MM",
    "string.storable": "不能包含 NUL 字符",
    "int32.gte": "不能小于 {n}",
    "int32.gte_lte": "超出允许范围",
    "int64.gte": "不能小于 {n}",
    "enum.defined_only": "不是允许的枚举值",
    "enum.not_in": "请选择一个取值",
    "repeated.min_items": "至少 {n} 项",
    "repeated.max_items": "最多 {n} 项",
    "repeated.unique": "不能重复",
    "map.min_pairs": "至少 {n} 项",
    "map.max_pairs": "最多 {n} 项",
}

# Where protovalidate speaks of lists and lengths to somebody who left a field out.
ENGLISH = {"enum.not_in": "must be chosen"}
LEFT_OUT = {"string.min_len", "repeated.min_items", "map.min_pairs"}


def validate(request: Message) -> None:
    """Raise InvalidFields naming every field that breaks a rule of its contract, or that nobody can keep."""
    problems = [*_broken(request), *unstorable(request)]
    if problems:
        raise InvalidFields(*{(problem.path, problem.reason): problem for problem in problems}.values())


def _broken(request: Message) -> Iterator[FieldProblem]:
    try:
        protovalidate.validate(request)
    except protovalidate.ValidationError as error:
        yield from (_problem(violation) for violation in error.violations)


def _problem(violation: Any) -> FieldProblem:
    found = violation.proto
    asked = WORDS.get(violation.rule_value) if found.rule_id == "string.pattern" else None
    english, chinese = asked or _words(found.rule_id, found.message)
    return FieldProblem(
        path=".".join(_element(element) for element in found.field.elements),
        reason=found.rule_id.upper().replace(".", "_"),
        english=english,
        chinese=chinese,
    )


def _words(rule_id: str, message: str) -> tuple[str, str]:
    found = _NUMBER.search(message)
    number = found.group() if found else ""
    if rule_id in LEFT_OUT and number == "1":
        return "must be there", CHINESE["required"]
    return ENGLISH.get(rule_id, message), CHINESE.get(rule_id, "取值不合法").format(n=number)


def _element(element: Any) -> str:
    head, *tail = element.field_name.split("_")
    name = head + "".join(part.capitalize() for part in tail)
    subscript = getattr(element, "subscript", None)
    return f"{name}[{subscript.value}]" if subscript else name
