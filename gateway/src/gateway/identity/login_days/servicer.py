"""Answers LoginDayService."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from chassis.calendar import local_date
from chassis.dates import optional_date
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import login_days_pb2 as pb
from sqlalchemy import Row

from gateway.identity.login_days import rules, store
from gateway.identity.login_days.rules import Breach

_BREACH = "BREACH_"


class LoginDayServicer:
    contract = pb.DESCRIPTOR.services_by_name["LoginDayService"]

    def list_login_days(self, request: pb.ListLoginDaysRequest, call: Call) -> pb.ListLoginDaysResponse:
        page = page_of(request)
        rows = store.read_days(
            call.connection,
            page,
            call.scope,
            user_id=request.user_id,
            unit_id=request.unit_id,
            first=optional_date(request.from_date, "fromDate"),
            last=optional_date(request.to_date, "toDate"),
        )
        shown, token = page.cut(rows, lambda row: (row.work_date.isoformat(), row.user_id))
        return pb.ListLoginDaysResponse(login_days=map(_day, shown), next_page_token=token)

    def list_login_duties(self, request: pb.ListLoginDutiesRequest, call: Call) -> pb.ListLoginDutiesResponse:
        page, today = page_of(request), local_date(call.now)
        month = optional_date(request.month_date, "monthDate") or today
        breach = _breach_of(request)
        rows = store.read_standings(
            call.connection,
            page,
            call.scope,
            user_id=request.user_id,
            unit_id=request.unit_id,
            before=rules.kept_since(breach, today) if breach else None,
            role_codes=rules.HEADS if breach is Breach.HEAD else (),
        )
        shown, token = page.cut(rows, lambda row: (row.since_date.isoformat(), row.user_id))
        return pb.ListLoginDutiesResponse(
            login_duties=_duties(shown, today, month, call), next_page_token=token
        )


def _breach_of(request: pb.ListLoginDutiesRequest) -> Breach | None:
    if not request.breach:
        return None
    return Breach(pb.LoginDuty.Breach.Name(request.breach).removeprefix(_BREACH))


def _day(row: "Row[Any]") -> pb.LoginDay:
    message = pb.LoginDay(user_id=row.user_id, unit_id=row.unit_id, work_date=row.work_date.isoformat())
    message.first_sign_in_time.FromDatetime(row.first_sign_in_at)
    return message


def _duties(rows: "Sequence[Row[Any]]", today: date, month: date, call: Call) -> list[pb.LoginDuty]:
    people = [row.user_id for row in rows]
    days = store.days_between(call.connection, people, *rules.month_of(month))
    roles = store.roles_of(call.connection, people)
    return [_duty(row, today, days.get(row.user_id, 0), roles.get(row.user_id, frozenset())) for row in rows]


def _duty(row: "Row[Any]", today: date, days: int, role_codes: frozenset[str]) -> pb.LoginDuty:
    found = rules.breaches(row.since_date, today, role_codes)
    return pb.LoginDuty(
        user_id=row.user_id,
        unit_id=row.unit_id,
        last_login_date=row.last_login_date.isoformat() if row.last_login_date else "",
        since_date=row.since_date.isoformat(),
        missed_working_days=rules.missed_working_days(row.since_date, today),
        month_login_days=days,
        active_user=rules.is_active_user(days),
        breaches=[pb.LoginDuty.Breach.Value(_BREACH + breach) for breach in found],
    )
