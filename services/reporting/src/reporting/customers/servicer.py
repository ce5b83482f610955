"""Answers for the customer report."""

from chassis.server import Call
from journeyman.reporting.v1 import reports_pb2

from reporting.customers.store import customer_rows
from reporting.feeds import CUSTOMER
from reporting.freshness.store import freshness
from reporting.rows import rows_of, user_of


class CustomerReports:
    """The method of ReportService that speaks of customers."""

    def get_customer_report(
        self, request: reports_pb2.GetCustomerReportRequest, call: Call
    ) -> reports_pb2.CustomerReport:
        rows = rows_of(request, call)
        as_of = freshness(call.connection, CUSTOMER)
        shown, next_page = rows.cut(customer_rows(call.connection, rows))
        answer = reports_pb2.CustomerReport(next_page_token=next_page, as_of=as_of)
        for row in shown:
            answer.rows.add(unit_id=row.unit_id, user_id=user_of(row), active_count=row.active_count)
        return answer
