"""Answers for the progress of budgets."""

from datetime import date
from typing import Any

from chassis.calendar import local_date
from chassis.dates import optional_date
from chassis.money import Money, to_proto
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.reporting.v1 import reports_pb2
from sqlalchemy import Row

from reporting.budgets.rules import elapsed_ratio
from reporting.budgets.store import budget_rows
from reporting.feeds import MARKETING
from reporting.freshness.store import freshness
from reporting.rules import ratio


class BudgetReports:
    """The method of ReportService that speaks of budgets."""

    def get_budget_progress_report(
        self, request: reports_pb2.GetBudgetProgressReportRequest, call: Call
    ) -> reports_pb2.BudgetProgressReport:
        page, today = page_of(request), local_date(call.now)
        day = optional_date(request.on_date, "onDate") or today
        as_of = freshness(call.connection, MARKETING)
        rows = budget_rows(
            call.connection, page, call.scope, day, unit_id=request.unit_id, fund_id=request.fund_id
        )
        shown, token = page.cut(rows, lambda row: (row.unit_id, row.id))
        return reports_pb2.BudgetProgressReport(
            as_of=as_of, rows=[_budget_row(row, today) for row in shown], next_page_token=token
        )


def _budget_row(row: Row[Any], today: date) -> reports_pb2.BudgetProgressReport.Row:
    used = row.committed + row.paid
    granted = row.available + row.reserved + used
    amounts = {
        "amount": granted,
        "available": row.available,
        "reserved": row.reserved,
        "committed": row.committed,
        "paid": row.paid,
    }
    return reports_pb2.BudgetProgressReport.Row(
        unit_id=row.unit_id,
        budget_id=row.id,
        fund_id=row.fund_id,
        fund_code=row.fund_code,
        resource_class=row.resource_class,
        period_start_date=row.period_start.isoformat(),
        period_end_date=row.period_end.isoformat(),
        used_ratio=ratio(used, granted),
        paid_ratio=ratio(row.paid, granted),
        elapsed_ratio=elapsed_ratio(row.period_start, row.period_end, today),
        **{name: to_proto(Money(amount, row.currency)) for name, amount in amounts.items()},
    )
