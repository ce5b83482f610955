"""Notices and preferences as messages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from journeyman.identity.v1 import notices_pb2 as pb
from sqlalchemy import Row

from gateway.identity.notices import wording
from gateway.identity.notices.rules import CHINESE, ENGLISH, Language, Preferences, group_of
from gateway.identity.notices.templates import TEMPLATES
from gateway.identity.notices.wording import Words

GROUPS = sorted({group_of(key) for key in TEMPLATES})
_LANGUAGES: Mapping[Any, Language] = {
    pb.NoticePreferences.LANGUAGE_ENGLISH: ENGLISH,
    pb.NoticePreferences.LANGUAGE_CHINESE: CHINESE,
}
_NAMED: Mapping[Language, Any] = {stored: named for named, stored in _LANGUAGES.items()}


def notice(row: "Row[Any]", said: Words, parameters: Mapping[str, str]) -> pb.Notice:
    message = pb.Notice(
        id=row.id,
        template=row.template,
        group=group_of(row.template),
        title=said.title,
        text=said.text,
        resource=row.resource,
        parameters=parameters,
        urgent=wording.urgent(row.template),
    )
    message.create_time.FromDatetime(row.created_at)
    if row.read_at:
        message.read_time.FromDatetime(row.read_at)
    return message


def language_of(named: "pb.NoticePreferences.Language.ValueType", default: Language) -> Language:
    """Return a language as it is stored, `default` where none is named."""
    return _LANGUAGES.get(named, default)


def language_named(stored: Language) -> Any:
    return _NAMED[stored]


def preferences(liked: Preferences, *, email_available: bool) -> pb.NoticePreferences:
    return pb.NoticePreferences(
        language=language_named(liked.language),
        email_enabled=liked.email_enabled,
        muted_groups=liked.muted_groups,
        quiet_from=liked.quiet_from,
        quiet_to=liked.quiet_to,
        email_available=email_available,
        known_groups=GROUPS,
        etag=etag(liked.version),
    )


def changed_preferences(
    before: Preferences, wanted: pb.NoticePreferences, fields: Sequence[str]
) -> Preferences:
    """Return the preferences with the fields of the request. Raises InvalidFields."""
    values: dict[str, Any] = {field: getattr(wanted, field) for field in fields}
    if "language" in values:
        values["language"] = language_of(wanted.language, before.language)
    if "muted_groups" in values:
        values["muted_groups"] = demand_groups(wanted.muted_groups, "noticePreferences.mutedGroups")
    after = replace(before, **values, version=before.version + 1)
    if bool(after.quiet_from) != bool(after.quiet_to):
        raise InvalidFields(_half_set("quietTo" if after.quiet_from else "quietFrom"))
    return after


def demand_groups(groups: Sequence[str], path: str) -> list[str]:
    """Return the groups of notices, sorted. Raises InvalidFields for one that there is not."""
    unknown = [
        FieldProblem(
            f"{path}[{place}]",
            "UNKNOWN_NOTICE_GROUP",
            "is not a group of notices; knownGroups of your notice preferences lists them",
            "不是通知分组,可用分组见通知设置的 knownGroups",
        )
        for place, group in enumerate(groups)
        if group not in GROUPS
    ]
    if unknown:
        raise InvalidFields(*unknown)
    return sorted(groups)


def _half_set(field: str) -> FieldProblem:
    return FieldProblem(
        f"noticePreferences.{field}",
        "QUIET_HOURS_HALF_SET",
        "quiet hours have both a begin and an end, or neither",
        "免打扰时段的开始和结束须同时填写或同时为空",
    )


NOTICES_OR_TIME = FieldProblem(
    "noticeIds",
    "NOTICES_OR_TIME",
    "name either the notices or the time up to which they came in",
    "请指定通知编号或截止时间,二者选一",
)
