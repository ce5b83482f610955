"""ReportService, composed of the capabilities."""

from journeyman.reporting.v1 import reports_pb2

from reporting.attendance.servicer import AttendanceReports
from reporting.budgets.servicer import BudgetReports
from reporting.customers.servicer import CustomerReports
from reporting.visits.servicer import VisitReports


class ReportServicer(VisitReports, AttendanceReports, CustomerReports, BudgetReports):
    """Answers every report."""

    contract = reports_pb2.DESCRIPTOR.services_by_name["ReportService"]
