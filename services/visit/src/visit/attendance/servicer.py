"""Answers AttendanceService."""

from typing import Any

from chassis.access.people import demand_person
from chassis.calendar import local_date
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.visit.v1 import attendance_pb2 as pb
from sqlalchemy import Row

from visit.attendance import events, messages, rules, store
from visit.organisation import UnitPaths
from visit.signal_checks.rules import signal_check_due
from visit.violations import store as violations
from visit.violations.events import raised, told
from visit.violations.rules import late_clock_in
from visit.violations.store import PersonDay
from visit.work_policies.rules import WorkPolicy
from visit.work_policies.store import policy_for


class AttendanceServicer:
    contract = pb.DESCRIPTOR.services_by_name["AttendanceService"]

    def __init__(self, organisation: UnitPaths) -> None:
        self._organisation = organisation

    def clock_in(self, request: pb.ClockInRequest, call: Call) -> pb.AttendanceDay:
        demand_person(call.caller)
        punch = messages.punch_of(request, call)
        policy = self._policy(call)
        row, began = store.begin_day(
            call.connection, punch, rules.clock_in(punch.at, policy), signal_check_due(punch.at, policy)
        )
        if began:
            call.publish(events.recorded(row))
            if row.clock_in_result == rules.ClockInResult.LATE:
                _raise_violation(row, policy, call)
        call.changed(f"attendanceDays/{row.id}")
        return messages.render(row)

    def clock_out(self, request: pb.ClockOutRequest, call: Call) -> pb.AttendanceDay:
        demand_person(call.caller)
        punch = messages.punch_of(request, call)
        policy = self._policy(call)
        row, changed = store.end_day(call.connection, punch, rules.clock_out(punch.at, policy))
        if changed:
            call.publish(events.recorded(row))
        call.changed(f"attendanceDays/{row.id}")
        return messages.render(row)

    def get_attendance_day(self, request: pb.GetAttendanceDayRequest, call: Call) -> pb.AttendanceDay:
        return messages.render(store.read_day(call.connection, request.attendance_day_id, call.scope))

    def list_attendance_days(
        self, request: pb.ListAttendanceDaysRequest, call: Call
    ) -> pb.ListAttendanceDaysResponse:
        page = page_of(request)
        rows = store.read_page(call.connection, request, page, call.scope)
        shown, token = page.cut(rows, lambda row: (row.work_date.isoformat(), row.id))
        return pb.ListAttendanceDaysResponse(
            attendance_days=map(messages.render, shown), next_page_token=token
        )

    def _policy(self, call: Call) -> WorkPolicy:
        path = self._organisation.path(call.caller.unit_id)
        return policy_for(call.connection, path, local_date(call.now))


def _raise_violation(row: Row[Any], policy: WorkPolicy, call: Call) -> None:
    """Raise the violation of a late begin (R007), in the transaction that makes it true."""
    breach = late_clock_in(rules.clock_in_deadline(row.clock_in_at, policy), row.clock_in_at)
    day = PersonDay(
        user_id=row.user_id, unit_id=row.unit_id, work_date=row.work_date, work_policy_id=policy.id
    )
    for violation in violations.record(call.connection, day, [breach], call.now):
        for fact in (raised(violation), *told(violation)):
            call.publish(fact)
