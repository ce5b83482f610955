"""Answers for the visit report and the ranking."""

from typing import Any

from chassis.calendar import local_date
from chassis.server import Call
from journeyman.reporting.v1 import reports_pb2
from sqlalchemy import Row

from reporting.feeds import VISIT
from reporting.freshness.store import freshness
from reporting.periods import AsksForDays, Period, period_of
from reporting.rows import rows_of, user_of
from reporting.rules import ratio
from reporting.visits.ranking import cut, ranked_rows
from reporting.visits.store import visit_rows


class VisitReports:
    """The methods of ReportService that speak of visits."""

    def get_visit_report(
        self, request: reports_pb2.GetVisitReportRequest, call: Call
    ) -> reports_pb2.VisitReport:
        period, rows = _begun(request, call), rows_of(request, call)
        as_of = freshness(call.connection, VISIT)
        shown, next_page = rows.cut(visit_rows(call.connection, rows, period))
        return reports_pb2.VisitReport(rows=map(_visit_row, shown), next_page_token=next_page, as_of=as_of)

    def get_visit_ranking(
        self, request: reports_pb2.GetVisitRankingRequest, call: Call
    ) -> reports_pb2.VisitRanking:
        period, rows = _begun(request, call), rows_of(request, call, keys=3)
        as_of = freshness(call.connection, VISIT)
        shown, next_page = cut(rows, ranked_rows(call.connection, rows, period, request.metric))
        return reports_pb2.VisitRanking(rows=map(_place, shown), next_page_token=next_page, as_of=as_of)


def _begun(request: AsksForDays, call: Call) -> Period:
    """Read the days that count: a stop that is planned for tomorrow has not been missed."""
    return period_of(request).up_to(local_date(call.now))


def _visit_row(row: Row[Any]) -> reports_pb2.VisitReport.Row:
    return reports_pb2.VisitReport.Row(
        unit_id=row.unit_id,
        user_id=user_of(row),
        visit_count=row.visit_count,
        valid_count=row.valid_count,
        ad_hoc_count=row.ad_hoc_count,
        planned_count=row.planned_count,
        visited_stop_count=row.visited_stop_count,
        in_sequence_count=row.in_sequence_count,
        violation_count=row.violation_count,
        validity=ratio(row.valid_count, row.visit_count),
        call_compliance=ratio(row.visited_stop_count, row.planned_count),
    )


def _place(row: Row[Any]) -> reports_pb2.VisitRanking.Row:
    return reports_pb2.VisitRanking.Row(
        rank=row.rank, unit_id=row.unit_id, user_id=user_of(row), value=row.value
    )
