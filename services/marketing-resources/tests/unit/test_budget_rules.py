from datetime import date

import pytest
from buf.validate import validate_pb2
from journeyman.marketing.v1 import budgets_pb2
from marketing_resources.budgets.rules import NotWholeMonths, Period, PeriodReversed, ResourceClass


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 3, 1), date(2026, 3, 31)),
        (date(2028, 2, 1), date(2028, 2, 29)),
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(9999, 12, 1), date.max),
    ],
)
def test_a_period_is_whole_months(start, end):
    period = Period(start, end)
    assert (period.start, period.end) == (start, end)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 3, 2), date(2026, 3, 31)),
        (date(2026, 3, 1), date(2026, 3, 30)),
        (date(2028, 2, 1), date(2028, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 1)),
    ],
)
def test_part_of_a_month_is_no_period(start, end):
    with pytest.raises(NotWholeMonths):
        Period(start, end)


def test_a_period_does_not_end_before_it_begins():
    with pytest.raises(PeriodReversed):
        Period(date(2026, 3, 1), date(2026, 2, 28))


@pytest.mark.rule("R038")
def test_the_contract_takes_the_classes_of_the_rules_and_no_other_R038():
    field = budgets_pb2.Budget.DESCRIPTOR.fields_by_name["resource_class"]
    taken = field.GetOptions().Extensions[validate_pb2.field].string
    assert list(getattr(taken, "in")) == list(ResourceClass)
