from chassis.identifiers import new_id
from journeyman.reporting.v1 import reports_pb2

UNITS = [f"00000000-0000-7000-8000-0000000000a{number}" for number in range(2)]
PEOPLE = [f"00000000-0000-7000-8000-00000000001{number}" for number in range(2)]


def rows(reports, **fields):
    report = reports().GetCustomerReport(reports_pb2.GetCustomerReportRequest(**fields))
    return [(row.unit_id, row.user_id, row.active_count) for row in report.rows]


def test_customers_are_counted_for_who_looks_after_them(take_over, reports, facts):
    moved = new_id()
    take_over(
        "customer",
        facts.customer(PEOPLE[0], UNITS[0]),
        facts.customer(PEOPLE[1], UNITS[0], customer_id=moved, version=2),
        facts.customer(PEOPLE[0], UNITS[0], customer_id=moved, version=1),
        facts.customer(PEOPLE[1], UNITS[1]),
        facts.customer(PEOPLE[1], UNITS[1], active=False),
    )
    assert rows(reports) == [
        (UNITS[0], PEOPLE[0], 1),
        (UNITS[0], PEOPLE[1], 1),
        (UNITS[1], PEOPLE[1], 1),
    ]
    assert rows(reports, group_by=reports_pb2.GROUPING_UNIT) == [(UNITS[0], "", 2), (UNITS[1], "", 1)]
    assert rows(reports, unit_id=UNITS[1]) == [(UNITS[1], PEOPLE[1], 1)]


def test_a_customer_that_is_given_up_no_longer_counts(take_over, reports, facts):
    customer = new_id()
    take_over("customer", facts.customer(PEOPLE[0], UNITS[0], customer_id=customer))
    take_over("customer", facts.customer(PEOPLE[0], UNITS[0], customer_id=customer, active=False, version=2))
    assert rows(reports) == []
