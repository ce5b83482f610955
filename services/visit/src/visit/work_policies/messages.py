"""Work policies between protobuf and values."""

from dataclasses import replace
from datetime import date, time
from typing import Any

from chassis.calendar import parse_wall_time
from chassis.dates import civil_date
from chassis.effective import Version
from chassis.errors import FieldProblem, InvalidFields
from chassis.identifiers import new_id
from journeyman.visit.v1 import work_policies_pb2
from sqlalchemy import Row

from chassis import money
from visit.work_policies.rules import DEFAULTS, WorkPolicy
from visit.work_policies.store import policy_of


def parse(message: work_policies_pb2.WorkPolicy) -> Version[WorkPolicy]:
    """Return the policy to set; what is left out takes the default. Raises InvalidFields."""
    begins = civil_date(_given(message.effective_date, "effectiveDate"), "workPolicy.effectiveDate")
    unit_id = _given(message.unit_id, "unitId").lower()
    policy = WorkPolicy(
        id=new_id(),
        clock_in_deadline=_wall_time(message.clock_in_deadline, DEFAULTS.clock_in_deadline),
        clock_out_earliest=_wall_time(message.clock_out_earliest, DEFAULTS.clock_out_earliest),
        track_window_start=_wall_time(message.track_window_start, DEFAULTS.track_window_start),
        track_window_end=_wall_time(message.track_window_end, DEFAULTS.track_window_end),
        signal_gap_minutes=message.signal_gap_minutes or DEFAULTS.signal_gap_minutes,
        signal_gap_fine=_fine(message),
    )
    if policy.track_window_start >= policy.track_window_end:
        raise _invalid("trackWindowEnd", "ENDS_BEFORE_START", "must be after its start", "必须晚于开始时间")
    if message.HasField("counts_ad_hoc_visits"):
        policy = replace(policy, counts_ad_hoc_visits=message.counts_ad_hoc_visits)
    return Version(unit_id, begins, policy)


def render(unit_id: str, effective_date: date | None, policy: WorkPolicy) -> work_policies_pb2.WorkPolicy:
    """Return the policy as a message. Without a date, it is the defaults."""
    return work_policies_pb2.WorkPolicy(
        id=policy.id,
        unit_id=unit_id,
        effective_date=effective_date.isoformat() if effective_date else "",
        clock_in_deadline=f"{policy.clock_in_deadline:%H:%M}",
        clock_out_earliest=f"{policy.clock_out_earliest:%H:%M}",
        track_window_start=f"{policy.track_window_start:%H:%M}",
        track_window_end=f"{policy.track_window_end:%H:%M}",
        signal_gap_minutes=policy.signal_gap_minutes,
        signal_gap_fine=money.to_proto(policy.signal_gap_fine),
        counts_ad_hoc_visits=policy.counts_ad_hoc_visits,
    )


def render_row(row: Row[Any]) -> work_policies_pb2.WorkPolicy:
    message = render(row.unit_id, row.effective_date, policy_of(row))
    message.create_time.FromDatetime(row.created_at)
    return message


def _fine(message: work_policies_pb2.WorkPolicy) -> money.Money:
    if not message.HasField("signal_gap_fine"):
        return DEFAULTS.signal_gap_fine
    try:
        fine = money.from_proto(message.signal_gap_fine)
    except money.MoneyError:
        raise _invalid("signalGapFine", "NO_AMOUNT", "is no amount of money", "不是有效的金额") from None
    if fine.minor_units < 0:
        raise _invalid("signalGapFine", "NEGATIVE", "must not be negative", "不能为负数")
    return fine


def _wall_time(text: str, default: time) -> time:
    return parse_wall_time(text) if text else default


def _given(text: str, field: str) -> str:
    if not text:
        raise _invalid(field, "REQUIRED", "must be given", "必填")
    return text


def _invalid(field: str, reason: str, english: str, chinese: str) -> InvalidFields:
    return InvalidFields(FieldProblem(f"workPolicy.{field}", reason, english, chinese))
