"""Who is told what about the approval of a spend plan."""

from collections import Counter

from chassis.money import Money
from chassis.notices import raised
from chassis.outbox import Fact

from marketing_resources.approvals.rules import DUTIES
from marketing_resources.spend_plans.rules import Plan, Step


def waiting(plan: Plan, step: Step) -> Fact:
    """Tell those whose duty the step is that the plan waits for them."""
    return raised(
        "marketing",
        "spendPlans.submitted",
        permission=DUTIES[step],
        unit_id=plan.unit_id,
        parameters={
            "user": plan.applicant_id,
            "unit": plan.unit_id,
            "amount": _amount(plan),
            "month": _month(plan),
            "step": step,
        },
        resource=f"spendPlans/{plan.id}",
        dedupe_key=f"spendPlans.submitted/{plan.id}/{plan.submission}/{step}",
    )


def approved(plan: Plan) -> Fact:
    """Tell the applicant that the last step has approved the plan."""
    return raised(
        "marketing",
        "spendPlans.approved",
        recipients=[plan.applicant_id],
        parameters={"amount": _amount(plan), "month": _month(plan)},
        resource=f"spendPlans/{plan.id}",
        dedupe_key=f"spendPlans.approved/{plan.id}",
    )


def rejected(plan: Plan, step: str, decided_by: str) -> Fact:
    """Tell the applicant who has sent the plan back, and at which step."""
    return raised(
        "marketing",
        "spendPlans.rejected",
        recipients=[plan.applicant_id],
        parameters={"user": decided_by, "step": step, "amount": _amount(plan), "month": _month(plan)},
        resource=f"spendPlans/{plan.id}",
        dedupe_key=f"spendPlans.rejected/{plan.id}/{plan.submission}",
    )


def _amount(plan: Plan) -> str:
    """Return the sum of the items, in each of their currencies."""
    sums = Counter[str]()
    for item in plan.items:
        sums[item.amount.currency] += item.amount.minor_units
    return " + ".join(str(Money(amount, currency)) for currency, amount in sorted(sums.items()))


def _month(plan: Plan) -> str:
    return f"{plan.month_start:%Y-%m}"
