"""Weekly visit plans: drafted, submitted, amended."""

from visit.visit_plans.errors import ERRORS
from visit.visit_plans.moves import PlansFollow
from visit.visit_plans.servicer import VisitPlanServicer

__all__ = ["ERRORS", "PlansFollow", "VisitPlanServicer"]
